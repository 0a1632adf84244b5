"""aiogram's webhook with SQLAlchemy async on PostgreSQL doing the shop's job, written well.

Every update is stored once by its id before it is handled, the customer is read, and screens
come from catalog tables: read for each update, or once at start with ``--cached``. asyncpg
prepares its statements; the pool is as large as the load needs.
"""

import argparse
import asyncio
import gc
import json
from dataclasses import dataclass, field
from typing import Any, cast

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    Update,
    User,
)
from aiohttp import web
from sqlalchemy import BigInteger, ForeignKey, Text, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SECRET = "s"  # noqa: S105  of a benchmark on loopback


class Base(DeclarativeBase):
    """Tables of this variant alone."""


class Inbox(Base):
    """An update, stored before it is handled."""

    __tablename__ = "peer_inbox"
    update_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    done: Mapped[bool] = mapped_column(default=False)


class Customer(Base):
    """Who writes."""

    __tablename__ = "peer_customer"
    telegram_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    language: Mapped[str]


class Category(Base):
    """A shelf."""

    __tablename__ = "peer_category"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    icon: Mapped[str]


class Product(Base):
    """Something to buy."""

    __tablename__ = "peer_product"
    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("peer_category.id"), index=True)
    name: Mapped[str]
    description: Mapped[str]


class Tier(Base):
    """A product's level and its price in cents a month."""

    __tablename__ = "peer_tier"
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("peer_product.id"), index=True)
    name: Mapped[str]
    price_minor: Mapped[int]


Rows = list[list[tuple[str, str]]]


@dataclass
class Catalog:
    """The whole catalog in memory, for the cached variant."""

    categories: list[Category] = field(default_factory=list)
    products: dict[int, Product] = field(default_factory=dict)
    tiers: dict[int, Tier] = field(default_factory=dict)


class Shop:
    """Reads the catalog, from memory or from the database."""

    def __init__(self, cached: Catalog | None) -> None:
        self._cached = cached

    async def categories(self, db: AsyncSession) -> list[Category]:
        """Return the shelves."""
        if self._cached:
            return self._cached.categories
        return list(await db.scalars(select(Category).order_by(Category.id)))

    async def products(self, db: AsyncSession, category_id: int) -> list[Product]:
        """Return what stands on a shelf."""
        if self._cached:
            return [p for p in self._cached.products.values() if p.category_id == category_id]
        return list(await db.scalars(select(Product).where(Product.category_id == category_id)))

    async def product(self, db: AsyncSession, product_id: int) -> tuple[Product, list[Tier]]:
        """Return a product with its tiers."""
        if self._cached:
            tiers = [t for t in self._cached.tiers.values() if t.product_id == product_id]
            return self._cached.products[product_id], tiers
        product = await db.get_one(Product, product_id)
        return product, list(
            await db.scalars(select(Tier).where(Tier.product_id == product_id))
        )

    async def tier(self, db: AsyncSession, tier_id: int) -> tuple[Product, Tier]:
        """Return a tier with its product."""
        if self._cached:
            tier = self._cached.tiers[tier_id]
            return self._cached.products[tier.product_id], tier
        tier = await db.get_one(Tier, tier_id)
        return await db.get_one(Product, tier.product_id), tier


async def render(shop: Shop, db: AsyncSession, data: str) -> tuple[str, Rows]:
    """Return the text and buttons that ``data`` leads to."""
    name, _, rest = data.partition(":")
    if name == "category":
        products = await shop.products(db, int(rest))
        return "<b>Trading</b>", [[(p.name, f"product:{p.id}")] for p in products]
    if name == "product":
        product, tiers = await shop.product(db, int(rest))
        text = f"<b>{product.name}</b>\n\n{product.description}"
        return text, [
            [(f"{t.name} · ${t.price_minor / 100:.2f}", f"tier:{t.id}")] for t in tiers
        ]
    if name == "tier":
        product, tier = await shop.tier(db, int(rest))
        months = [[(f"{n} months", f"price:{tier.id}:{n}")] for n in (1, 3, 6, 12)]
        return f"<b>{product.name} · {tier.name}</b>\n\nFor how long?", months
    if name == "price":
        tier_id, _, months = rest.partition(":")
        product, tier = await shop.tier(db, int(tier_id))
        total = tier.price_minor * int(months) * 80 // 100
        text = (
            f"<b>{product.name} · {tier.name}</b>\n{months} months\n\n<b>${total / 100:.2f}</b>"
        )
        return text, [[("Buy", f"checkout:{rest}")], [("Why this price?", data)]]
    if name == "/start":
        return "👋 Welcome!\n\nEverything here is yours the moment you pay.", [
            [("Shop", "shop")]
        ]
    categories = await shop.categories(db)
    return "<b>Shop</b>", [[(f"{c.icon} {c.name}", f"category:{c.id}")] for c in categories]


def keyboard(rows: Rows, back: str) -> InlineKeyboardMarkup:
    """Build the keyboard under a screen."""
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [InlineKeyboardButton(text=text, callback_data=data) for text, data in row]
            for row in [*rows, [("⬅️ Back", back)]]
        ]
    )


async def store(sessions: async_sessionmaker[AsyncSession], raw: str, event: Update) -> bool:
    """Write the update down before it is handled; False when it was there already."""
    async with sessions.begin() as db:
        row = insert(Inbox).values(update_id=event.update_id, body=raw, done=False)
        stored = await db.execute(row.on_conflict_do_nothing().returning(Inbox.update_id))
        return stored.first() is not None


async def handle(sessions: async_sessionmaker[AsyncSession], shop: Shop, event: Update) -> Any:
    """Read what the screen needs, mark the update done, return the call to make."""
    message, query = event.message, event.callback_query
    user_id = cast(User, (message or cast(CallbackQuery, query)).from_user).id
    data = (message.text if message else cast(CallbackQuery, query).data) or ""
    async with sessions.begin() as db:
        person = insert(Customer).values(telegram_id=user_id, language="en")
        if await db.get(Customer, user_id) is None:
            await db.execute(person.on_conflict_do_nothing())
        text, rows = await render(shop, db, data)
        await db.execute(
            update(Inbox).where(Inbox.update_id == event.update_id).values(done=True)
        )
    markup = keyboard(rows, "shop")
    if message:
        return message.answer(text, reply_markup=markup, parse_mode="HTML")
    shown = cast(Message, cast(CallbackQuery, query).message)
    return shown.edit_text(text, reply_markup=markup, parse_mode="HTML")


async def seed(sessions: async_sessionmaker[AsyncSession]) -> None:
    """Fill the catalog with as much as the demo shop has."""
    async with sessions.begin() as db:
        for number in range(1, 5):
            row = {"id": number, "name": f"Shelf {number}", "icon": "📈"}
            await db.execute(insert(Category).values(row).on_conflict_do_nothing())
        for number in range(1, 10):
            product = {"id": number, "category_id": number % 4 + 1, "name": f"Product {number}"}
            product["description"] = "Hand-checked entries with stop and target, explained."
            await db.execute(insert(Product).values(product).on_conflict_do_nothing())
            for level in (1, 2, 3):
                tier = {
                    "id": (number - 1) * 3 + level,
                    "product_id": number,
                    "name": f"Level {level}",
                }
                tier["price_minor"] = 2000 * level
                await db.execute(insert(Tier).values(tier).on_conflict_do_nothing())


async def read_all(sessions: async_sessionmaker[AsyncSession]) -> Catalog:
    """Read the whole catalog once."""
    async with sessions() as db:
        return Catalog(
            categories=list(await db.scalars(select(Category).order_by(Category.id))),
            products={row.id: row for row in await db.scalars(select(Product))},
            tiers={row.id: row for row in await db.scalars(select(Tier))},
        )


async def application(options: argparse.Namespace) -> web.Application:
    """Build the web application with its tables and, if asked, its cache."""
    engine = create_async_engine(options.database, pool_size=16)
    async with engine.begin() as connection:
        # Its variants start side by side over one database.
        await connection.execute(select(func.pg_advisory_xact_lock(1)))
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    await seed(sessions)
    shop = Shop(await read_all(sessions) if options.cached else None)
    session = AiohttpSession(api=TelegramAPIServer.from_base(options.api))
    bot = Bot("1000001:DEMO-TOKEN-NOT-A-REAL-BOT-000000000", session=session)
    dispatcher = Dispatcher()

    @dispatcher.message()
    @dispatcher.callback_query()
    async def every(_: Message | CallbackQuery, event_update: Update) -> Any:
        return await handle(sessions, shop, event_update)

    async def webhook(request: web.Request) -> web.Response:
        if request.headers.get("X-Telegram-Bot-Api-Secret-Token") != SECRET:
            return web.Response(status=401)
        raw = await request.text()
        event = Update.model_validate(json.loads(raw), context={"bot": bot})
        if await store(sessions, raw, event):
            method = await dispatcher.feed_update(bot, event)
            await bot(method)
        return web.Response()

    app = web.Application()
    app.router.add_post("/telegram/1000001/webhook/", webhook)
    gc.collect()
    gc.freeze()
    return app


def main() -> None:
    """Serve on a port until killed."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--api", required=True)
    options.add_argument("--database", required=True, help="postgresql+asyncpg://…")
    options.add_argument("--cached", action="store_true")
    chosen = options.parse_args()
    loop = asyncio.new_event_loop()
    app = loop.run_until_complete(application(chosen))
    web.run_app(app, host="127.0.0.1", port=chosen.port, access_log=None, print=None, loop=loop)


if __name__ == "__main__":
    main()
