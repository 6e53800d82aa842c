/** Elements of the page, made in one expression. */

type Properties<T> = Partial<Omit<T, 'style' | 'dataset' | 'children'>>;

/** An element with these properties and children; `className` as in the DOM. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties<HTMLElementTagNameMap[Name]> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

/** A button that does something in the page. */
export function button(label: string, onClick: () => void): HTMLButtonElement {
  const node = element(
    'button',
    { type: 'button', className: 'jp-ColophonArtifact-button' },
    label
  );
  node.addEventListener('click', onClick);
  return node;
}
