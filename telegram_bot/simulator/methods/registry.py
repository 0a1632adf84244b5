"""The methods by name, and an honest answer for those that are not acted out."""

from collections.abc import Callable, Mapping
from typing import Any

from telegram_bot.simulator.core import Core
from telegram_bot.simulator.methods import bot, callbacks, chats, messages, payments, webhook
from telegram_bot.simulator.validation import Checked

Action = Callable[[Core, Checked], Any]


def _accepted(core: Core, call: Checked) -> bool:
    """Accept without effect."""
    return True


# Valid calls whose effect nobody would see here.
WITHOUT_EFFECT = (
    "setMessageReaction", "pinChatMessage", "unpinChatMessage", "unpinAllChatMessages",
    "setMyDefaultAdministratorRights", "setChatTitle", "setChatDescription", "sendMessageDraft",
)  # fmt: skip

METHODS: Mapping[str, Action] = {
    "getMe": bot.get_me,
    "logOut": bot.log_out,
    "close": webhook.close,
    "setWebhook": webhook.set_webhook,
    "deleteWebhook": webhook.delete_webhook,
    "getWebhookInfo": webhook.get_webhook_info,
    "getUpdates": webhook.get_updates,
    "setMyCommands": bot.set_my_commands,
    "deleteMyCommands": bot.delete_my_commands,
    "getMyCommands": bot.get_my_commands,
    "setMyName": bot.set_my_name,
    "getMyName": bot.get_my_name,
    "setMyDescription": bot.set_my_description,
    "getMyDescription": bot.get_my_description,
    "setMyShortDescription": bot.set_my_short_description,
    "getMyShortDescription": bot.get_my_short_description,
    "setChatMenuButton": bot.set_chat_menu_button,
    "getChatMenuButton": bot.get_chat_menu_button,
    "sendMessage": messages.send_message,
    "sendPhoto": messages.send_photo,
    "sendDocument": messages.send_document,
    "sendChatAction": messages.send_chat_action,
    "copyMessage": messages.copy_message,
    "forwardMessage": messages.forward_message,
    "editMessageText": messages.edit_message_text,
    "editMessageCaption": messages.edit_message_caption,
    "editMessageMedia": messages.edit_message_media,
    "editMessageReplyMarkup": messages.edit_message_reply_markup,
    "deleteMessage": messages.delete_message,
    "deleteMessages": messages.delete_messages,
    "getFile": messages.get_file,
    "answerCallbackQuery": callbacks.answer_callback_query,
    "sendInvoice": payments.send_invoice,
    "createInvoiceLink": payments.create_invoice_link,
    "answerPreCheckoutQuery": payments.answer_pre_checkout_query,
    "answerShippingQuery": payments.answer_shipping_query,
    "refundStarPayment": payments.refund_star_payment,
    "editUserStarSubscription": payments.edit_user_star_subscription,
    "getStarTransactions": payments.get_star_transactions,
    "getMyStarBalance": payments.get_my_star_balance,
    "createChatInviteLink": chats.create_chat_invite_link,
    "editChatInviteLink": chats.edit_chat_invite_link,
    "revokeChatInviteLink": chats.revoke_chat_invite_link,
    "exportChatInviteLink": chats.export_chat_invite_link,
    "approveChatJoinRequest": chats.approve_chat_join_request,
    "declineChatJoinRequest": chats.decline_chat_join_request,
    "banChatMember": chats.ban_chat_member,
    "unbanChatMember": chats.unban_chat_member,
    "getChat": chats.get_chat,
    "getChatMember": chats.get_chat_member,
    "getChatAdministrators": chats.get_chat_administrators,
    "getChatMemberCount": chats.get_chat_member_count,
    "leaveChat": chats.leave_chat,
    **dict.fromkeys(WITHOUT_EFFECT, _accepted),
}
