// What a telnet command answers, as text. Dispatch is crng's: by how the line begins, so that `views` is `view`.
// Pure of sockets: a line in, an answer out.
import type { WritePolicy } from '../../config/config.ts';
import { COMMANDS } from '../../config/imperative.ts';
import { readCommand } from '../../config/imperative/read-command.ts';
import { renderTable } from '../render-table.ts';
import type { TableAdmin } from '../table-admin.ts';
import { isRightToken } from '../write-policy.ts';

/** crng says so on connect and after each command, and scripts wait for it. */
export const BANNER = 'inspecting status is fine, but making changes on-the-fly is an experimental feature\n';

const OK = 'ok\n';
/** Ends the connection: each guess costs one. */
export const WRONG_TOKEN = 'wrong token\n';
const REFUSED =
  'changes from another machine need "auth <admin_token>" first, or admin_allow_remote_writes = true in the config\n';

/** Who gives the commands. */
export interface TelnetCaller {
  /** Address and port, for the log. */
  readonly name: string;
  readonly isLoopback: boolean;
  /** Set by a right `auth`. */
  isTrusted: boolean;
}

export interface TelnetDependencies {
  readonly table: TableAdmin;
  readonly policy: WritePolicy;
}

/** Runs one line, without its newline, and renders the answer; never throws. */
export function runTelnetLine(text: string, caller: TelnetCaller, dependencies: TelnetDependencies): string {
  const line = text.trim();
  const [word = '', argument = '', ...more] = line.split(' ');
  if (/^(add|del|mod)/.test(line) || word === 'undo') return runChange(line, caller, dependencies);
  if (line.startsWith('view')) {
    return line.includes(' ') ? 'extraneous arguments\n' : `${renderTable(dependencies.table)}\n--\n`;
  }
  if (line.startsWith('help')) return HELP;
  if (word !== 'auth') return `unknown command\n${HELP}`;
  if (argument === '' || more.length > 0) return 'auth <admin_token>\n';
  caller.isTrusted = isRightToken(dependencies.policy, argument);
  return caller.isTrusted ? OK : WRONG_TOKEN;
}

function runChange(line: string, caller: TelnetCaller, { table, policy }: TelnetDependencies): string {
  if (!caller.isLoopback && !caller.isTrusted && !policy.allowRemote) return REFUSED;
  const by = `telnet ${caller.name}`;
  if (line === 'undo') return renderAnswer(table.undo(by));
  const parsed = readCommand(line, table.parseDestination);
  return renderAnswer(parsed.ok ? table.apply(parsed.operation, by) : parsed);
}

function renderAnswer(
  answer: { readonly ok: true } | { readonly ok: false; readonly error: string },
): string {
  return answer.ok ? OK : `${oneLine(answer.error)}\n`;
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what must not reach a terminal
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
}

const COLUMN = 45;

/** The help, in the layout of crng. */
export const HELP = `
commands:
${row('help', 'show this menu')}
${row('view', 'view full current routing table')}

${COMMANDS.map(({ names, form, doc }) => row(`${names[0]} ${form}`, doc)).join('\n\n')}

${row('undo', 'go back to the table before the last change')}
${row('auth <admin_token>', 'let this connection change the table from another machine')}

    <dest>: <addr> [prefix= notPrefix= sub= notSub= regex= notRegex= flush= reconn= spool= ...]
${row('  <addr>', 'host:port, host:port:instance or file:PATH')}
    Conditions of routes: prefix= notPrefix= sub= notSub= regex= notRegex= tag=
    Every option of a destination is in docs/config.md.

`;

function row(left: string, right: string): string {
  const start = `    ${left}`;
  return start.length < COLUMN
    ? start.padEnd(COLUMN + 4) + right
    : `${start}\n${' '.repeat(COLUMN + 4)}${right}`;
}
