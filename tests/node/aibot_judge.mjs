// Tencent's own client of the 智能机器人's long connection, as a bot that answers: what it hears and gets goes to standard output,
// one line of JSON each; a line of input makes it say something unasked ({"chatid", "content"}) or leave ("bye").
import { createInterface } from "node:readline";
import { WSClient } from "@wecom/aibot-node-sdk";

const [url, botId, secret] = process.argv.slice(2);
const tell = (what, more = {}) => process.stdout.write(JSON.stringify({ what, ...more }) + "\n");
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const bot = new WSClient({ botId, secret, wsUrl: url, logger: quiet, maxReconnectAttempts: 0, maxAuthFailureAttempts: 0 });
const acked = (what, promise) => promise.then((frame) => tell(what, { errcode: frame.errcode }), (e) => tell(what, { errcode: e.errcode ?? String(e) }));

bot.on("authenticated", () => tell("authenticated"));
bot.on("disconnected", () => tell("disconnected"));
bot.on("error", (e) => tell("error", { message: e.message }));
bot.on("message.text", async (frame) => {
  tell("text", { content: frame.body.text.content, userid: frame.body.from.userid, chattype: frame.body.chattype, chatid: frame.body.chatid });
  await acked("replied", bot.replyStream(frame, "s1", "请选一项", true));
  const button_list = [{ text: "要装", style: 1, key: "vote 1 1" }];
  await acked("card", bot.replyTemplateCard(frame, { card_type: "button_interaction", main_title: { title: "加装扶手" }, button_list, task_id: "t1" }));
});
bot.on("message.voice", (frame) => tell("voice", { content: frame.body.voice.content }));
bot.on("message.image", async (frame) => {
  const { buffer } = await bot.downloadFile(frame.body.image.url, frame.body.image.aeskey);
  tell("image", { base64: buffer.toString("base64") });
});
bot.on("event.enter_chat", (frame) => acked("welcomed", bot.replyWelcome(frame, { msgtype: "text", text: { content: "您好" } })));
bot.on("event.template_card_event", (frame) => {
  const { task_id, event_key } = frame.body.event.template_card_event;
  const card_action = { type: 1, url: "https://example.org" };
  const card = { card_type: "text_notice", main_title: { title: `已选：${event_key}` }, card_action, task_id };
  return acked("changed", bot.updateTemplateCard(frame, card));
});
bot.on("event.disconnected_event", () => tell("kicked"));
bot.connect();

createInterface({ input: process.stdin }).on("line", async (line) => {
  if (line === "bye") return process.exit(0);
  const { chatid, content, picture } = JSON.parse(line);
  if (picture) {
    const { media_id } = await bot.uploadMedia(Buffer.from(picture, "base64"), { type: "image", filename: "p.png" });
    return acked("pictured", bot.sendMediaMessage(chatid, "image", media_id));
  }
  return acked("sent", bot.sendMessage(chatid, { msgtype: "markdown", markdown: { content } }));
});
