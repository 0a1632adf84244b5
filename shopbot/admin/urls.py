"""The addresses of the admin; importing them loads its pages."""

from django.contrib import admin

from shopbot.admin.pages import load_pages

load_pages()
urlpatterns = admin.site.get_urls()
