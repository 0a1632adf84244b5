"""Under which keys does the web application keep its parts?"""

from aiohttp import web

from telegram_bot.simulator.api import BotApi
from telegram_bot.simulator.core import Core
from telegram_bot.simulator.delivery import Delivery
from telegram_bot.simulator.timeline import Timeline

CORE = web.AppKey("core", Core)
API = web.AppKey("api", BotApi)
DELIVERY = web.AppKey("delivery", Delivery)
TIMELINE = web.AppKey("timeline", Timeline)
