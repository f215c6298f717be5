// Elements of HTML and SVG, made from their name, attributes and content.
const SVG = "http://www.w3.org/2000/svg";

function filled(node, attributes, content) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...content);
  return node;
}

export const element = (name, attributes = {}, ...content) => filled(document.createElement(name), attributes, content);
export const shape = (name, attributes = {}, ...content) => filled(document.createElementNS(SVG, name), attributes, content);
