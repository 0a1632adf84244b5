"""Who buys: Telegram identity, language, region, and who brought whom."""
