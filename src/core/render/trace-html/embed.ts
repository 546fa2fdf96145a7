/**
 * JSON that can stand in a `<script>` element: no `<` that could end it or begin a comment, no `>` and `&` for good measure,
 * and no line separators, which older JavaScript took for line ends. It is the same document to a reader of JSON.
 */
export function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
