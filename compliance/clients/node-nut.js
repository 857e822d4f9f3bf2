// The client `node-nut` (npm) on a house with the usual device.
// Arguments: host. Prints what it got; the case compares it with what stock NUT gives.
const Nut = require("node-nut");

const client = new Nut(3493, process.argv[2]);
const ask = (name, ...args) =>
  new Promise((done) => client[name](...args, (...answer) => done(answer)));
const table = (rows) =>
  Object.entries(rows || {}).map(([k, v]) => `${k}=${v}`).sort();

client.on("error", (error) => {
  console.log("error", error.message);
  process.exit(1);
});
client.on("close", () => process.exit(0));
client.on("ready", async () => {
  console.log("upses", JSON.stringify(table((await ask("GetUPSList"))[0])));
  console.log("vars", JSON.stringify(table((await ask("GetUPSVars", "u"))[0])));
  console.log("rw", JSON.stringify(table((await ask("GetRWVars", "u"))[0])));
  console.log("commands", JSON.stringify((await ask("GetUPSCommands", "u"))[0]));
  console.log("type", JSON.stringify(await ask("GetVarType", "u", "ups.id")));
  console.log("about", JSON.stringify(await ask("GetCommandDescription", "u", "load.off")));
  console.log("user", JSON.stringify(await ask("SetUsername", "admin")));
  console.log("password", JSON.stringify(await ask("SetPassword", "secret")));
  console.log("set", JSON.stringify(await ask("SetRWVar", "u", "ups.id", "new")));
  console.log("run", JSON.stringify(await ask("RunUPSCommand", "u", "load.off")));
  console.log("refused", JSON.stringify(await ask("RunUPSCommand", "u", "no.such")));
  client.close();
});
client.start();
