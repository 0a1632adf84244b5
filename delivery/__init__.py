"""What a purchase brings beyond access: codes, files, texts and parcels."""
