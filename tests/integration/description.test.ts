/** The description of the API, as programs and people get it from a real server. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JupyterLab } from '../e2e/jupyter-lab.js';

const HTML = { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, object>>;
}
interface Types {
  readonly types: readonly {
    readonly type: string;
    readonly page: string;
    readonly schema: string;
    readonly postable: boolean;
  }[];
}

describe('the description of the API', () => {
  const lab = new JupyterLab({ baseUrl: '/user/ada/' });
  const api = 'colophon/api/';

  beforeAll(() => lab.start());
  afterAll(() => lab.stop());

  it('[O3] is served below the base URL, with addresses that lead back to the API', async () => {
    const document = await lab.json<Document>(`${api}openapi.json`);
    expect(document.openapi).toBe('3.1.0');
    const [server] = document.servers;
    const base = new URL(server?.url ?? '', `${lab.url}${api}openapi.json`);
    expect(`${base.href}/`).toBe(lab.url + api);
    expect(Object.keys(document.paths)).toContain('/streams/{path}');
    const text = JSON.stringify(document);
    for (const secret of ['alice', lab.folder, new URL(lab.url).host]) {
      expect(text).not.toContain(secret);
    }
  });

  it('[O3] is linked from every answer', async () => {
    for (const path of ['health', 'streams', 'streams/none/at/all', 'event-types/cell.moved']) {
      const response = await lab.fetch(api + path);
      const [, link = ''] = /^<([^>]*)>; rel="service-desc"$/.exec(
        response.headers.get('link') ?? ''
      ) ?? [''];
      expect(new URL(link, lab.url + api + path).href).toBe(`${lab.url}${api}openapi.json`);
    }
  });

  it('[O5] has a page that needs nothing from elsewhere, whose links all lead somewhere', async () => {
    const queue = [`${api}docs`];
    const seen = new Set(queue);
    for (const path of queue) {
      const response = await lab.fetch(path, HTML);
      expect([path, response.status]).toEqual([path, 200]);
      if (!response.headers.get('content-type')?.startsWith('text/html')) {
        continue;
      }
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /);
      const text = await response.text();
      expect(text).not.toMatch(/<script|<img|<link|\bsrc=|@import|url\(/);
      expect(text.match(/<h1>/g)).toHaveLength(1);
      for (const [, href = ''] of text.matchAll(/href="([^"]*)"/g)) {
        const { href: target } = new URL(href, lab.url + path);
        expect(target.startsWith(lab.url + api)).toBe(true);
        const next = target.slice(lab.url.length);
        if (!seen.has(next)) {
          seen.add(next);
          queue.push(next);
        }
      }
    }
    const { types } = await lab.json<Types>(`${api}event-types`);
    expect([...seen]).toEqual(expect.arrayContaining(types.map(one => `${api}${one.page}`)));
  });

  it('[O5] describes each type of event as JSON and as a page, by Accept', async () => {
    const { types } = await lab.json<Types>(`${api}event-types`);
    const moved = types.find(({ type }) => type === 'cell.moved');
    expect(moved).toMatchObject({ page: 'event-types/cell.moved', postable: false });
    const page = await (await lab.fetch(`${api}event-types/cell.moved`, HTML)).text();
    expect(page).toContain('A cell stands behind another one than before.');
    expect(page).not.toContain('curl');
    const paused = await (await lab.fetch(`${api}event-types/stream.paused`, HTML)).text();
    expect(paused).toContain('curl');
    const unknown = await lab.fetch(`${api}event-types/no.such-type`);
    expect(unknown.status).toBe(404);
  });

  it('[O5] gives the JSON Schema of a type, which takes what was posted', async () => {
    const body = JSON.stringify({ type: 'stream.paused', payload: { reason: '<b>' } });
    const posted = await lab.fetch(`${api}streams/described`, { method: 'POST', body });
    const { event } = (await posted.json()) as { event: object };
    const ajv = new Ajv2020({ strict: false, formats: { base64: true } });
    addFormats(ajv);
    const response = await lab.fetch(`${api}event-types/stream.paused/schema`);
    expect(response.headers.get('content-type')).toBe('application/schema+json');
    const validate = ajv.compile((await response.json()) as object);
    expect([validate(event), validate.errors]).toEqual([true, null]);
    expect(validate({ ...event, data: { reason: 7 } })).toBe(false);
  });
});
