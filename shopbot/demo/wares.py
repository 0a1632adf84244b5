"""The products of the demo shop about trading."""

from typing import Final

from shopbot.demo.shapes import DemoProduct, DemoTier, Words

TRADING_PRODUCTS: Final = (
    DemoProduct(
        slug="signals",
        category="trading",
        goods_type="service",
        motif="candles",
        colours=("#0f2027", "#2c7744"),
        name=Words("Signals", "Сигналы", "Signale", "Señales"),
        description=Words(
            "Three to five trade ideas a day from our desk: entry, target and stop, with the"
            " reason behind each. No promises of riches; a calm second opinion.",
            "От трёх до пяти торговых идей в день от нашей команды: вход, цель и стоп, и"
            " объяснение каждой. Никаких обещаний богатства: спокойное второе мнение.",
            "Drei bis fünf Handelsideen am Tag von unserem Team: Einstieg, Ziel und Stopp, mit"
            " Begründung. Keine Reichtumsversprechen, sondern eine ruhige zweite Meinung.",
            "De tres a cinco ideas al día de nuestro equipo: entrada, objetivo y stop, con el"
            " porqué de cada una. Sin promesas de riqueza: una segunda opinión serena.",
        ),
        features=Words(
            "3–5 ideas every trading day\nEntry, target and stop for each\n"
            "Results published every month",
            "3–5 идей каждый торговый день\nВход, цель и стоп для каждой\n"
            "Итоги публикуются каждый месяц",
            "3–5 Ideen an jedem Handelstag\nEinstieg, Ziel und Stopp für jede\n"
            "Ergebnisse jeden Monat veröffentlicht",
            "3–5 ideas cada día de mercado\nEntrada, objetivo y stop para cada una\n"
            "Resultados publicados cada mes",
        ),
        tiers=(
            DemoTier("premium", 2000, ("signals",), grace_days=3),
            DemoTier("vip", 5000, ("signals", "trading-floor"), grace_days=3),
            DemoTier(
                "enterprise",
                20000,
                ("signals", "trading-floor"),
                grace_days=7,
                floor_minor=12000,
                seats=5,
            ),
        ),
    ),
    DemoProduct(
        slug="whale-alerts",
        category="alerts-and-tools",
        goods_type="digital",
        motif="waves",
        colours=("#1a2980", "#26d0ce"),
        name=Words("Whale Alerts", "Следим за китами", "Wal-Alarm", "Alertas de ballenas"),
        description=Words(
            "A message within seconds when large sums move between wallets and exchanges.",
            "Сообщение за секунды, когда крупные суммы движутся между кошельками и биржами.",
            "Eine Nachricht binnen Sekunden, wenn große Summen zwischen Wallets und Börsen"
            " fließen.",
            "Un mensaje en segundos cuando grandes sumas se mueven entre monederos y bolsas.",
        ),
        features=Words(
            "Thresholds of your choice\nQuiet hours\nFirst 7 days free",
            "Пороги на ваш выбор\nТихие часы\nПервые 7 дней бесплатно",
            "Schwellen nach Ihrer Wahl\nRuhezeiten\nDie ersten 7 Tage kostenlos",
            "Umbrales a su elección\nHoras de silencio\nLos primeros 7 días gratis",
        ),
        tiers=(DemoTier("premium", 900, ("whale-alerts",), trial_days=7, grace_days=1),),
    ),
    DemoProduct(
        slug="terminal",
        category="alerts-and-tools",
        goods_type="service",
        motif="grid",
        colours=("#232526", "#5b6b7b"),
        name=Words("Charting Terminal", "Терминал графиков", "Chart-Terminal", "Terminal Pro"),
        description=Words(
            "Fast charts in the browser, with alerts on any indicator. One license per person;"
            " teams buy several at once.",
            "Быстрые графики в браузере и оповещения по любому индикатору. Одна лицензия на"
            " человека; команды покупают сразу несколько.",
            "Schnelle Charts im Browser, mit Alarmen auf jeden Indikator. Eine Lizenz pro"
            " Person; Teams kaufen mehrere auf einmal.",
            "Gráficos rápidos en el navegador y alertas sobre cualquier indicador. Una licencia"
            " por persona; los equipos compran varias a la vez.",
        ),
        features=Words(
            "40 indicators\nAlerts by message and e-mail\nWorks on the phone",
            "40 индикаторов\nОповещения в чат и на почту\nРаботает на телефоне",
            "40 Indikatoren\nAlarme per Nachricht und E-Mail\nLäuft auf dem Telefon",
            "40 indicadores\nAlertas por mensaje y correo\nFunciona en el móvil",
        ),
        tiers=(
            DemoTier("premium", 1500, ("terminal",), grace_days=3),
            DemoTier(
                "enterprise", 9900, ("terminal",), max_quantity=20, grace_days=7, seats=10
            ),
        ),
    ),
    DemoProduct(
        slug="weekly-research",
        category="research",
        goods_type="digital",
        motif="rings",
        colours=("#3a1c71", "#d76d77"),
        name=Words("Weekly Research", "Недельный обзор", "Wochenanalyse", "Análisis semanal"),
        description=Words(
            "Every Sunday, one market explained in ten pages: what happened, why, and what"
            " would change our mind.",
            "Каждое воскресенье один рынок на десяти страницах: что случилось, почему и что"
            " изменило бы наше мнение.",
            "Jeden Sonntag ein Markt auf zehn Seiten: was geschah, warum, und was unsere"
            " Meinung ändern würde.",
            "Cada domingo, un mercado en diez páginas: qué pasó, por qué y qué nos haría"
            " cambiar de opinión.",
        ),
        features=Words(
            "52 reports a year\nSearchable archive since 2019\nPDF and web",
            "52 обзора в год\nАрхив с поиском с 2019 года\nPDF и веб",
            "52 Berichte im Jahr\nDurchsuchbares Archiv seit 2019\nPDF und Web",
            "52 informes al año\nArchivo con buscador desde 2019\nPDF y web",
        ),
        tiers=(
            DemoTier("premium", 1200, ("research",)),
            DemoTier("vip", 3000, ("research", "trading-floor")),
        ),
    ),
)
