"""What is answered where there is nothing?"""

from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView


class Nowhere(APIView):
    """Every address below the API that is none: a problem in JSON, not a page for people."""

    schema = None
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse whatever the method."""
        raise NotFound("There is nothing at this address.")
