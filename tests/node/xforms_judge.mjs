// Walks forms with ODK's own engine. In: one JSON job a line, {xform, steps: [[path, value], …]}. Out: one line a job, a list of
// snapshots (before the first step, then after each), each path -> {relevant, required, value, choices, violation}; and the instance.
import { createInterface } from 'node:readline';
import { JSDOM } from 'jsdom';

globalThis.__dirname = '/'; // first shim: the parser's loader believes to be CommonJS
const { window } = new JSDOM('');
for (const name of Object.getOwnPropertyNames(window)) {
  // second shim: the engine expects a browser's DOM
  if (!(name in globalThis) && /^[A-Z]/.test(name)) globalThis[name] = window[name];
}
globalThis.window ??= window;
globalThis.document ??= window.document;
const { createInstance } = await import('@getodk/xforms-engine');

function* leaves(node) {
  const children = node.currentState.children;
  if (children === null) yield node;
  else for (const child of children) yield* leaves(child);
}

const snapshot = (root) =>
  Object.fromEntries(
    [...leaves(root)].map((node) => [
      node.currentState.reference,
      {
        relevant: node.currentState.relevant,
        required: node.currentState.required,
        value: node.currentState.instanceValue,
        label: node.currentState.label?.asString ?? '',
        choices: node.nodeType === 'select' ? node.currentState.valueOptions.map((option) => option.value) : [],
        violation: node.validationState?.violation?.condition ?? '',
      },
    ]),
  );

function answer(node, value) {
  if (node.nodeType === 'select') node.selectValues(value === '' ? [] : value.split(' '));
  else if (node.nodeType === 'trigger') node.setValue(value !== '');
  else node.setValue(value);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { xform, steps } = JSON.parse(line);
  const { root } = await createInstance(xform);
  const seen = [snapshot(root)];
  for (const [path, value] of steps) {
    const node = [...leaves(root)].find((leaf) => leaf.currentState.reference === path);
    answer(node, value);
    seen.push(snapshot(root));
  }
  const payload = await root.prepareInstancePayload();
  const file = payload.data[0].get('xml_submission_file');
  console.log(JSON.stringify({ seen, instance: await file.text() }));
}
