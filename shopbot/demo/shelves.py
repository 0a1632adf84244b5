"""The categories and entitlements of the demo shop."""

from typing import Final

from shopbot.demo.shapes import DemoCategory, DemoEntitlement, Words

CATEGORIES: Final = (
    DemoCategory(
        slug="trading",
        icon="📈",
        name=Words("Trading", "Трейдинг", "Trading", "Trading"),
        description=Words(
            "Signals, alerts and research from our desk.",
            "Сигналы, оповещения и аналитика от нашей команды.",
            "Signale, Alarme und Analysen von unserem Team.",
            "Señales, alertas y análisis de nuestro equipo.",
        ),
    ),
    DemoCategory(
        slug="alerts-and-tools",
        icon="🔔",
        parent="trading",
        name=Words(
            "Alerts & tools",
            "Оповещения и инструменты",
            "Alarme & Werkzeuge",
            "Alertas y herramientas",
        ),
        description=Words(
            "Know first, act calmly.",
            "Узнавайте первыми, действуйте спокойно.",
            "Zuerst wissen, ruhig handeln.",
            "Entérese primero, actúe con calma.",
        ),
    ),
    DemoCategory(
        slug="research",
        icon="🔬",
        parent="trading",
        name=Words("Research", "Аналитика", "Analysen", "Análisis"),
        description=Words(
            "Deep dives, written to be read.",
            "Глубокие обзоры, которые приятно читать.",
            "Tiefe Einblicke, gut lesbar geschrieben.",
            "Estudios a fondo que se leen con gusto.",
        ),
    ),
    DemoCategory(
        slug="learning",
        icon="🎓",
        name=Words("Learning", "Обучение", "Lernen", "Aprender"),
        description=Words(
            "Courses and books, yours for good.",
            "Курсы и книги, которые остаются с вами навсегда.",
            "Kurse und Bücher, die Ihnen für immer gehören.",
            "Cursos y libros que son suyos para siempre.",
        ),
    ),
    DemoCategory(
        slug="services",
        icon="🤝",
        name=Words("Services", "Услуги", "Dienstleistungen", "Servicios"),
        description=Words(
            "An hour with someone who has seen it before.",
            "Час с тем, кто уже всё это видел.",
            "Eine Stunde mit jemandem, der das alles schon kennt.",
            "Una hora con alguien que ya lo ha visto todo.",
        ),
    ),
    DemoCategory(
        slug="goods",
        icon="📦",
        name=Words("Goods", "Товары", "Waren", "Artículos"),
        description=Words(
            "Things you can hold, sent to your door.",
            "Вещи, которые можно взять в руки, с доставкой домой.",
            "Dinge zum Anfassen, bis an Ihre Tür geliefert.",
            "Cosas que se pueden tocar, enviadas a su puerta.",
        ),
    ),
)

ENTITLEMENTS: Final = (
    DemoEntitlement(
        "signals",
        "access",
        Words("Trading signals", "Торговые сигналы", "Handelssignale", "Señales de trading"),
        Words(
            "The daily signals of our desk.",
            "Ежедневные сигналы нашей команды.",
            "Die täglichen Signale unseres Teams.",
            "Las señales diarias de nuestro equipo.",
        ),
    ),
    DemoEntitlement(
        "trading-floor",
        "chat",
        Words("The trading floor", "Торговый зал", "Das Parkett", "El parqué"),
        Words(
            "The group where our analysts answer.",
            "Группа, где отвечают наши аналитики.",
            "Die Gruppe, in der unsere Analysten antworten.",
            "El grupo donde responden nuestros analistas.",
        ),
    ),
    DemoEntitlement(
        "whale-alerts",
        "feature",
        Words("Whale alerts", "Следим за китами", "Wal-Alarm", "Alertas de ballenas"),
        Words(
            "A message when large sums move.",
            "Сообщение, когда движутся крупные суммы.",
            "Eine Nachricht, wenn große Summen fließen.",
            "Un mensaje cuando se mueven grandes sumas.",
        ),
    ),
    DemoEntitlement(
        "terminal",
        "feature",
        Words(
            "Charting terminal", "Терминал графиков", "Chart-Terminal", "Terminal de gráficos"
        ),
        Words(
            "Sign-in to the charting terminal.",
            "Вход в терминал графиков.",
            "Zugang zum Chart-Terminal.",
            "Acceso al terminal de gráficos.",
        ),
    ),
    DemoEntitlement(
        "research",
        "access",
        Words("Weekly research", "Недельные обзоры", "Wochenanalyse", "Análisis semanal"),
        Words(
            "Every report, and the archive.",
            "Каждый обзор и весь архив.",
            "Jeder Bericht und das Archiv.",
            "Cada informe y el archivo.",
        ),
    ),
    DemoEntitlement(
        "trading-course",
        "access",
        Words("Trading course", "Курс трейдинга", "Trading-Kurs", "Curso de trading"),
        Words(
            "All lessons, with their updates.",
            "Все уроки вместе с обновлениями.",
            "Alle Lektionen samt Aktualisierungen.",
            "Todas las lecciones, con sus novedades.",
        ),
    ),
    DemoEntitlement(
        "playbook",
        "access",
        Words("Risk playbook", "Книга о рисках", "Risiko-Handbuch", "Manual de riesgos"),
        Words(
            "The book as PDF and EPUB.",
            "Книга в PDF и EPUB.",
            "Das Buch als PDF und EPUB.",
            "El libro en PDF y EPUB.",
        ),
    ),
    DemoEntitlement(
        "coaching",
        "access",
        Words("Coaching", "Наставничество", "Coaching", "Tutoría"),
        Words(
            "Booking of calls with your coach.",
            "Запись на созвоны с наставником.",
            "Buchung von Gesprächen mit Ihrem Coach.",
            "Reserva de llamadas con su tutor.",
        ),
    ),
)
