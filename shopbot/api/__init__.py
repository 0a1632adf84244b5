"""The API kit: what every app's ``api/`` builds on."""
