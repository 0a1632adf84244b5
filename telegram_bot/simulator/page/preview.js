// Says in one line what a message is.
import { count, starry } from "./dom.js";

export function serviceText(body, person) {
  const paid = body.successful_payment;
  if (paid) {
    const price = paid.currency === "XTR" ? `⭐ ${count(paid.total_amount)}` : `${(paid.total_amount / 100).toFixed(2)} ${paid.currency}`;
    const monthly = paid.is_recurring && !paid.is_first_recurring ? " for another month" : "";
    return `${person} paid ${price}${monthly}`;
  }
  const refunded = body.refunded_payment;
  if (refunded) return `${person} received a refund of ⭐ ${count(refunded.total_amount)}`;
  if (body.new_chat_members) return `${body.new_chat_members.map((one) => one.first_name).join(", ")} joined the group`;
  if (body.left_chat_member) return `${body.left_chat_member.first_name} left the group`;
  return "";
}

export function preview(body, person) {
  const service = serviceText(body, person);
  if (service) return starry(service);
  if (body.invoice) return [`Invoice: ${body.invoice.title}`];
  if (body.photo) return [body.caption || "Photo"];
  if (body.document) return [body.caption || body.document.file_name];
  if (body.contact) return ["Contact"];
  return starry((body.text || "Message").split("\n").find((one) => one.trim()) || "");
}
