"""The products of the demo shop to learn from, to meet people by, and to hold."""

from datetime import timedelta
from typing import Final

from shopbot.demo.shapes import DemoProduct, DemoTier, Words

_CLASSIC = Words("Classic", "Классика", "Klassik", "Clásica")

OTHER_PRODUCTS: Final = (
    DemoProduct(
        slug="trading-course",
        category="learning",
        goods_type="service",
        motif="stack",
        colours=("#134e5e", "#71b280"),
        name=Words(
            "Trading from Zero", "Трейдинг с нуля", "Trading von null", "Trading de cero"
        ),
        description=Words(
            "Twelve lessons with homework that a person corrects. Pay once, keep it for good.",
            "Двенадцать уроков с заданиями, которые проверяет человек. Один платёж, доступ"
            " навсегда.",
            "Zwölf Lektionen mit Aufgaben, die ein Mensch korrigiert. Einmal zahlen, für immer"
            " behalten.",
            "Doce lecciones con tareas que corrige una persona. Se paga una vez y es para"
            " siempre.",
        ),
        features=Words(
            "12 lessons, 30 hours\nHomework corrected by people\nUpdates included",
            "12 уроков, 30 часов\nЗадания проверяют люди\nОбновления включены",
            "12 Lektionen, 30 Stunden\nAufgaben von Menschen korrigiert\nAktualisierungen"
            " inbegriffen",
            "12 lecciones, 30 horas\nTareas corregidas por personas\nNovedades incluidas",
        ),
        tiers=(
            DemoTier("premium", 14900, ("trading-course",), is_once=True),
            DemoTier("vip", 29900, ("trading-course", "trading-floor"), is_once=True),
        ),
    ),
    DemoProduct(
        slug="risk-playbook",
        category="learning",
        goods_type="digital",
        motif="book",
        colours=("#603813", "#b29f94"),
        name=Words("Risk Playbook", "Книга о рисках", "Risiko-Handbuch", "Manual de riesgos"),
        description=Words(
            "How much to bet, when to stop, how to sleep well. 120 pages, PDF and EPUB.",
            "Сколько ставить, когда остановиться и как спать спокойно. 120 страниц.",
            "Wie viel man einsetzt, wann man aufhört, wie man gut schläft. 120 Seiten, PDF und"
            " EPUB.",
            "Cuánto arriesgar, cuándo parar y cómo dormir tranquilo. 120 páginas, PDF y EPUB.",
        ),
        features=Words(
            "120 pages\nPDF and EPUB\nFree new editions",
            "120 страниц\nPDF и EPUB\nНовые издания бесплатно",
            "120 Seiten\nPDF und EPUB\nNeue Auflagen kostenlos",
            "120 páginas\nPDF y EPUB\nNuevas ediciones gratis",
        ),
        tiers=(DemoTier("premium", 1900, ("playbook",), is_once=True),),
    ),
    DemoProduct(
        slug="summer-camp",
        category="learning",
        goods_type="service",
        motif="sun",
        colours=("#f12711", "#f5af19"),
        name=Words("Trading Camp", "Трейдинг-лагерь", "Trading-Camp", "Campamento de trading"),
        description=Words(
            "One week, one small group, live markets every morning. Opens soon.",
            "Одна неделя, небольшая группа, живой рынок каждое утро. Скоро открытие.",
            "Eine Woche, eine kleine Gruppe, jeden Morgen live am Markt. Bald geöffnet.",
            "Una semana, un grupo pequeño, mercado en vivo cada mañana. Pronto disponible.",
        ),
        features=Words(
            "5 mornings live\nAt most 12 people\nRecordings to keep",
            "5 утренних эфиров\nНе больше 12 человек\nЗаписи остаются у вас",
            "5 Vormittage live\nHöchstens 12 Personen\nAufzeichnungen zum Behalten",
            "5 mañanas en vivo\nMáximo 12 personas\nGrabaciones incluidas",
        ),
        tiers=(DemoTier("vip", 49900, ("trading-course",), is_once=True, stock=12),),
        opens_in=timedelta(days=30),
    ),
    DemoProduct(
        slug="coaching",
        category="services",
        goods_type="service",
        motif="arcs",
        colours=("#42275a", "#734b6d"),
        name=Words("Coaching", "Наставничество", "Coaching", "Tutoría"),
        description=Words(
            "Two calls a month with the same coach, who reads your journal beforehand.",
            "Два созвона в месяц с одним и тем же наставником, который заранее читает ваш"
            " дневник.",
            "Zwei Gespräche im Monat mit demselben Coach, der vorher Ihr Journal liest.",
            "Dos llamadas al mes con el mismo tutor, que antes lee su diario.",
        ),
        features=Words(
            "2 calls a month\nOne coach, always the same\nQuestions any time",
            "2 созвона в месяц\nОдин наставник, всегда тот же\nВопросы в любое время",
            "2 Gespräche im Monat\nEin Coach, immer derselbe\nFragen jederzeit",
            "2 llamadas al mes\nUn tutor, siempre el mismo\nPreguntas cuando quiera",
        ),
        tiers=(
            DemoTier("vip", 12000, ("coaching",), grace_days=5),
            DemoTier("enterprise", 45000, ("coaching",), grace_days=5, seats=3),
        ),
    ),
    DemoProduct(
        slug="portfolio-review",
        category="services",
        goods_type="service",
        motif="rings",
        colours=("#16222a", "#3a6073"),
        name=Words(
            "Portfolio Review", "Разбор портфеля", "Depot-Durchsicht", "Revisión de cartera"
        ),
        description=Words(
            "One hour on your portfolio and a written summary two days later.",
            "Час разговора о вашем портфеле и письменный итог через два дня.",
            "Eine Stunde über Ihr Depot und zwei Tage später eine schriftliche Notiz.",
            "Una hora sobre su cartera y un resumen escrito dos días después.",
        ),
        features=Words(
            "60 minutes by video\nWritten summary\nOne follow-up question",
            "60 минут по видео\nПисьменный итог\nОдин дополнительный вопрос",
            "60 Minuten per Video\nSchriftliche Zusammenfassung\nEine Rückfrage",
            "60 minutos por vídeo\nResumen escrito\nUna pregunta de seguimiento",
        ),
        tiers=(DemoTier("premium", 8900, is_once=True, max_quantity=3),),
    ),
    DemoProduct(
        slug="hoodie",
        category="goods",
        goods_type="physical",
        motif="stack",
        colours=("#2b5876", "#4e4376"),
        name=Words(
            "Bull & Bear Hoodie", "Худи «Бык и медведь»", "Hoodie Bulle & Bär", "Sudadera"
        ),
        description=Words(
            "Heavy cotton, small print, small numbers: when they are gone, they are gone.",
            "Плотный хлопок, небольшой принт, малый тираж: кончатся, значит кончатся.",
            "Schwere Baumwolle, kleiner Druck, kleine Auflage: weg ist weg.",
            "Algodón grueso, estampado discreto, pocas unidades: cuando se acaban, se acaban.",
        ),
        features=Words(
            "400 g cotton\nSizes S to XXL\nSent within 3 days",
            "Хлопок 400 г\nРазмеры от S до XXL\nОтправка за 3 дня",
            "400 g Baumwolle\nGrößen S bis XXL\nVersand in 3 Tagen",
            "Algodón de 400 g\nTallas S a XXL\nEnvío en 3 días",
        ),
        tiers=(DemoTier("free", 5900, name=_CLASSIC, is_once=True, stock=5, max_quantity=3),),
    ),
    DemoProduct(
        slug="hardware-wallet",
        category="goods",
        goods_type="physical",
        motif="grid",
        colours=("#000000", "#434343"),
        name=Words(
            "Hardware Wallet", "Аппаратный кошелёк", "Hardware-Wallet", "Monedero físico"
        ),
        description=Words(
            "Keys that never leave your pocket. Sealed, with a steel plate for the backup.",
            "Ключи, которые не покидают ваш карман. Запечатан, с пластиной для копии.",
            "Schlüssel, die Ihre Tasche nie verlassen. Versiegelt, mit Stahlplatte für die"
            " Sicherung.",
            "Claves que nunca salen de su bolsillo. Sellado, con placa de acero para la copia.",
        ),
        features=Words(
            "Sealed by the maker\nSteel backup plate\n2 years warranty",
            "Запечатан производителем\nСтальная пластина\nГарантия 2 года",
            "Vom Hersteller versiegelt\nSicherungsplatte aus Stahl\n2 Jahre Garantie",
            "Sellado de fábrica\nPlaca de acero\n2 años de garantía",
        ),
        tiers=(DemoTier("free", 7900, name=_CLASSIC, is_once=True, stock=40, max_quantity=5),),
    ),
)
