// Man pages, generated from the command manifest and the exit-code table: man/moqt.1 and one page per command.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const roff = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^([.'])/gm, '\\&$1');
const bold = (text) => `\\fB${roff(text)}\\fR`;
const italic = (text) => `\\fI${roff(text)}\\fR`;
const fill = (text, bin = 'moqt') =>
  roff(
    String(text ?? '')
      .replaceAll('<%= config.bin %>', bin)
      .replaceAll(/<%= command\.id %>/g, ''),
  );

function flagEntry(name, flag) {
  const short = flag.char ? `${bold(`-${flag.char}`)}, ` : '';
  const value = flag.type === 'option' ? ` ${italic(String(flag.helpValue ?? flag.name))}` : '';
  const fallback = flag.defaultHelp ?? (typeof flag.default === 'function' ? undefined : flag.default);
  const suffix = fallback !== undefined && fallback !== false && fallback !== '' ? ` (default: ${fill(fallback)})` : '';
  return `.TP\n${short}${bold(`--${name}`)}${value}\n${fill(flag.description)}${suffix}\n`;
}

function page(id, command, version, codes) {
  const title = `moqt-${id.replaceAll(':', '-')}`;
  const args = Object.values(command.args)
    .map((arg) => (arg.required ? arg.name.toUpperCase() : `[${arg.name.toUpperCase()}]`))
    .join(' ');
  const groups = new Map();
  for (const [name, flag] of Object.entries(command.flags)) {
    if (flag.hidden) continue;
    const group = flag.helpGroup ?? 'OPTIONS';
    groups.set(group, [...(groups.get(group) ?? []), [name, flag]]);
  }
  const ordered = [...groups].sort(([a], [b]) => Number(a !== 'OPTIONS') - Number(b !== 'OPTIONS'));
  const summary = command.summary ?? String(command.description ?? '').split('\n')[0];
  let text = `.TH ${title.toUpperCase()} 1 "" "moqt ${version}" "moqt manual"\n.SH NAME\n${roff(title)} \\- ${fill(summary)}\n`;
  text += `.SH SYNOPSIS\n${bold(`moqt ${id.replaceAll(':', ' ')}`)} ${roff(args)} [${italic('flags')}]\n`;
  text += `.SH DESCRIPTION\n${fill(command.description).replaceAll('\n\n', '\n.PP\n')}\n`;
  if (Object.keys(command.args).length > 0) {
    text += '.SH ARGUMENTS\n';
    for (const arg of Object.values(command.args))
      text += `.TP\n${bold(arg.name.toUpperCase())}\n${fill(arg.description)}\n`;
  }
  for (const [group, flags] of ordered) {
    text += `.SH ${group === 'OPTIONS' ? group : `${group} OPTIONS`}\n${flags.map(([name, flag]) => flagEntry(name, flag)).join('')}`;
  }
  if (command.examples?.length) {
    text += '.SH EXAMPLES\n';
    for (const example of command.examples) {
      const { description, command: line } =
        typeof example === 'string' ? { description: '', command: example } : example;
      text += `.PP\n${fill(description)}\n.RS\n.nf\n${fill(line).replaceAll('moqt ', 'moqt ')}\n.fi\n.RE\n`;
    }
  }
  return `${text}${exitSection(codes)}.SH SEE ALSO\n${bold('moqt')}(1)\n`;
}

function exitSection(codes) {
  const rows = codes.map(([code, meaning]) => `.TP\n${bold(String(code))}\n${roff(meaning)}\n`);
  return `.SH EXIT STATUS\n${rows.join('')}`;
}

/** All pages by file name. */
export async function manPages() {
  const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8'));
  const { EXIT_MEANINGS } = await import(pathToFileURL(join(root, 'dist/index.js')).href);
  const codes = Object.entries(EXIT_MEANINGS);
  const pages = new Map();
  const commands = Object.entries(manifest.commands).filter(
    ([, command]) => !command.hidden && command.pluginName === 'moqt',
  );
  for (const [id, command] of commands)
    pages.set(`moqt-${id.replaceAll(':', '-')}.1`, page(id, command, manifest.version, codes));
  let overview = `.TH MOQT 1 "" "moqt ${manifest.version}" "moqt manual"\n.SH NAME\nmoqt \\- the toolkit for Media over QUIC Transport: publish, subscribe, diagnose\n`;
  overview += `.SH SYNOPSIS\n${bold('moqt')} ${italic('command')} [${italic('arguments')}] [${italic('flags')}]\n.SH COMMANDS\n`;
  for (const [id, command] of commands) {
    const summary = command.summary ?? String(command.description ?? '').split('\n')[0];
    overview += `.TP\n${bold(`moqt-${id.replaceAll(':', '-')}`)}(1)\n${fill(summary)}\n`;
  }
  pages.set('moqt.1', `${overview}${exitSection(codes)}`);
  return pages;
}

export async function writeManPages() {
  const folder = join(root, 'man');
  if (existsSync(folder)) for (const name of readdirSync(folder)) rmSync(join(folder, name));
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of await manPages()) writeFileSync(join(folder, name), text);
}

/** Names of pages that differ from what is committed. */
export async function staleManPages() {
  const pages = await manPages();
  const folder = join(root, 'man');
  const present = existsSync(folder) ? readdirSync(folder) : [];
  const differing = [...pages].filter(
    ([name, text]) => !present.includes(name) || readFileSync(join(folder, name), 'utf8') !== text,
  );
  return [...differing.map(([name]) => name), ...present.filter((name) => !pages.has(name))];
}
