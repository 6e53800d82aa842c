/** A notebook with every kind of output, for pages that are to show it alike. */

const bundle = (data: object, metadata: object = {}): string =>
  `display(json.loads(r'''${JSON.stringify(data)}'''), metadata=json.loads(r'''${JSON.stringify(metadata)}'''), raw=True)`;

const BARS = {
  $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
  data: { values: [{ a: 'x', b: 1 }, { a: 'y', b: 3 }] }, // prettier-ignore
  mark: 'bar',
  encoding: { x: { field: 'a', type: 'nominal' }, y: { field: 'b', type: 'quantitative' } }
};

const DOTS = {
  $schema: 'https://vega.github.io/schema/vega/v5.json',
  width: 50,
  height: 50,
  marks: [{ type: 'symbol', encode: { enter: { x: { value: 20 }, y: { value: 20 } } } }] // prettier-ignore
};

/** Code cells, id → source. */
export const OUTPUT_KINDS: Readonly<Record<string, string>> = {
  imports: 'import json, sys, time\nfrom IPython.display import *\nimport ipywidgets as w',
  streams:
    'print("one"); sys.stdout.flush()\nprint("\\x1b[31mred\\x1b[0m <b>", file=sys.stderr); sys.stderr.flush()\nprint("10%\\r20%\\r99%", end="")',
  result: '{"a": [1, 2]}',
  table: 'import pandas\npandas.DataFrame({"n": [1, 2], "s": ["<x>", "y"]})',
  html: 'HTML("<h3>Title</h3><script>document.currentScript?.insertAdjacentHTML(\'afterend\', \'<i>ran</i>\')</script><p onclick=\\"x()\\" style=\\"color: red\\">p</p>")',
  javascript: 'Javascript("element.append(\'made by script\')")',
  markdown: 'Markdown("# Heading\\n\\n- $x^2$\\n- **bold** [link](https://example.org)")',
  latex: 'Latex(r"$$\\int_0^1 x\\,dx = \\tfrac12$$")',
  json: 'JSON({"deep": {"list": [1, "two", None]}}, expanded=True)',
  svg: "SVG(\"<svg xmlns='http://www.w3.org/2000/svg' width='20' height='20'><circle cx='10' cy='10' r='9'/></svg>\")",
  plot: 'import matplotlib.pyplot as plt\nplt.plot([1, 2, 3]); plt.title("t")\nplt.show()',
  vega: bundle({ 'application/vnd.vegalite.v5+json': BARS, 'text/plain': '<VegaLite>' }),
  plotly: bundle({
    'application/vnd.plotly.v1+json': { data: [{ y: [1, 2] }], layout: {} },
    'text/html': '<div class="plotly">a plot</div>',
    'text/plain': 'Figure'
  }),
  geojson: bundle(
    { 'application/geo+json': { type: 'Point', coordinates: [1, 2] }, 'text/plain': '<GeoJSON>' },
    { 'application/geo+json': { expanded: false } }
  ),
  custom: bundle({ 'application/vnd.example+json': { x: 1 }, 'text/plain': 'the plain form' }),
  unknown: bundle({ 'application/vnd.example+json': { x: 1 } }),
  vega5: bundle({ 'application/vnd.vega.v5+json': DOTS, 'text/plain': '<Vega>' }),
  image:
    'from matplotlib import image\nimport io\npixels = io.BytesIO(); image.imsave(pixels, [[0, 1], [1, 0]], format="png")\nImage(pixels.getvalue(), width=40, height=30)',
  ansi: 'print("\\x1b[1;38;5;208mbold\\x1b[0m \\x1b[4;42munder\\x1b[0m a\\bb https://example.org/a?b=1#c www.example.org")',
  iframe: 'IFrame("about:blank", 200, 50)',
  update: 'h = display("before", display_id=True)\nh.update("after")',
  clear: 'print("gone")\nclear_output(wait=True)\nprint("kept")',
  pager: 'len?',
  slider:
    'slider = w.IntSlider(value=7, description="size")\nseen = []\nslider.observe(lambda change: seen.append(change["new"]), "value")\nslider',
  captured:
    'out = w.Output()\nwith out:\n    print("inside")\n    display(HTML("<b>bold</b>"))\nprint("outside")\nout',
  chained:
    'try:\n    try: json.loads("{")\n    except ValueError as why: raise KeyError("see https://example.org/help") from why\nexcept KeyError: get_ipython().showtraceback()',
  raises: 'def f():\n    raise ValueError("<no> https://example.org/no")\nf()'
};

/** Prints into an Output widget, waits for the file `go-on`, and prints again. */
export const BUSY_CAPTURE = `import os
busy = w.Output()
display(busy)
with busy:
    print('begun', flush=True)
    while not os.path.exists('go-on'):
        time.sleep(0.05)
    print('ended')
print(slider.value, seen)`;
