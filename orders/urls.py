"""The addresses that providers and paying customers come to."""

from django.urls import path

from orders import views

app_name = "orders"
urlpatterns = [
    path("<slug:provider>/webhook/", views.webhook, name="webhook"),
    path("return/<uuid:key>/", views.payment_return, name="return"),
    path("demo/<uuid:key>/", views.demo_page, name="demo"),
    path("receipt/<str:ticket>/", views.receipt_check, name="receipt"),
    path("receipt/<str:ticket>/file/", views.receipt_pdf, name="receipt-file"),
]
