/**
 * Markup that is already escaped: an object, so that it cannot be mistaken for text of the
 * scenario.
 */
export interface Html {
  readonly markup: string;
}

type Insert = string | number | Html | readonly Html[];

/**
 * Tagged template: text and numbers put in are escaped, `Html` and lists of it stand as they are.
 */
export function html(texts: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  let markup = texts[0] ?? '';
  inserts.forEach((insert, index) => {
    markup += markupOf(insert) + (texts[index + 1] ?? '');
  });
  return {markup};
}

/** Text taken as markup: only for what this project wrote itself. */
export function trusted(markup: string): Html {
  return {markup};
}

export const NOTHING: Html = {markup: ''};

function markupOf(insert: Insert): string {
  if (typeof insert === 'number') return String(insert);
  if (typeof insert === 'string') return escapeHtml(insert);
  if ('markup' in insert) return insert.markup;
  return insert.map((part) => part.markup).join('');
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/**
 * A figure that a program can read too: `data-metric` is its path in `result.json` (entries of
 * lists by their name), `data-value` the value there, the text is for people.
 */
export function metric(path: string, value: string | number | boolean, text: string): Html {
  return html`<data data-metric="${path}" data-value="${String(value)}">${text}</data>`;
}

/**
 * JSON for a script element: no `<` (so no `</script>`) and no line separator that ends a script
 * line.
 */
export function scriptJson(value: unknown): Html {
  const json = JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
  return trusted(json);
}

/**
 * Source text for a script element: in strings and patterns `<\/script` means what `</script`
 * means.
 */
export function scriptSource(source: string): Html {
  return trusted(source.replace(/<(\/script|!--)/gi, (_, rest: string) => `<\\${rest}`));
}

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string | Html;
  /** Figures stand to the right. */
  readonly figures: boolean;
}

export function figures<Row>(title: string, cell: Column<Row>['cell']): Column<Row> {
  return {title, cell, figures: true};
}

export function words<Row>(title: string, cell: Column<Row>['cell']): Column<Row> {
  return {title, cell, figures: false};
}

/**
 * A table whose first column names the rows. Wide ones scroll inside their own box, by keyboard
 * too.
 */
export function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Html {
  if (rows.length === 0) return NOTHING;
  const side = (column: Column<Row>): string => (column.figures ? 'figures' : 'words');
  const head = columns.map(
    (column) => html`<th scope="col" class="${side(column)}">${column.title}</th>`,
  );
  const body = rows.map((row) => {
    const cells = columns.map((column, index) =>
      index === 0
        ? html`<th scope="row" class="${side(column)}">${column.cell(row)}</th>`
        : html`<td class="${side(column)}">${column.cell(row)}</td>`,
    );
    return html`<tr>
      ${cells}
    </tr> `;
  });
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div> `;
}

/** The place of a chart; its summary is what a screen reader says instead. */
export function chartPlace(id: string, title: string, summary: string, note: Html = NOTHING): Html {
  return html`<figure class="card">
    <figcaption>
      <h3>${title}</h3>
      ${note}
    </figcaption>
    <div id="${id}" class="chart" role="img" aria-label="${`${title}. ${summary}`}"></div>
  </figure> `;
}
