import {isScalar, isSeq, LineCounter, type Node, parseDocument, visit} from 'yaml';
import type {MaintenanceFile} from '../maintenance.ts';
import {type ShellCommand, shellCommands, withVariables} from './shell.ts';

/** The commands of one schedule, script, unit or container, in order. */
export type Job = ShellCommand[];

/** The jobs that a file makes the host run. Comments do not count. */
export function jobsOf(file: MaintenanceFile): Job[] {
	switch (file.kind) {
		case 'crontab':
			return [...Map.groupBy(withVariables(shellCommands(file.text)), ({at}) => at).values()];

		case 'script':
			return [withVariables(shellCommands(isProgram(file) ? oneStatementALine(file.text) : file.text))];

		case 'unit':
		case 'quadlet':
			return [unitCommands(file.text)];

		case 'compose':
			return composeCommands(file.text);

		default:
			return [];
	}
}

/** A script in another language than the shell's. */
function isProgram({path, text}: MaintenanceFile): boolean {
	return /\.(?:py|rb|js|pl)$/.test(path) || /^#!.*\b(?:python|node|ruby|perl)/.test(text);
}

/** In other languages, lists and calls may take several lines. The lines keep their numbers. */
function oneStatementALine(text: string): string {
	let depth = 0;
	return text
		.split('\n')
		.map(line => {
			const code = line.replace(/(^|\s)#.*$/, '$1');
			depth = Math.max(0, depth + (code.match(/[([{]/g) ?? []).length - (code.match(/[)\]}]/g) ?? []).length);
			return depth > 0 ? `${code.trimEnd()} \\` : code;
		})
		.join('\n')
		.replace(/[()]/g, ' ');
}

const execKeys = ['Conflicts', 'ExecCondition', 'ExecStartPre', 'ExecStart', 'Exec', 'ExecStartPost', 'ExecStopPost'];

/**
 * The Exec lines of a systemd unit or a quadlet, in the order they run.
 * @see systemd.service(5): prefixes of the program; podman-systemd.unit(5): Exec
 */
function unitCommands(text: string): Job {
	const found: (ShellCommand & {order: number})[] = [];
	const lines = text.split('\n');

	for (let n = 0; n < lines.length; n++) {
		const first = n;
		let line = lines[n]!;
		while (line.endsWith('\\') && n + 1 < lines.length) {
			n++;
			line = `${line.slice(0, -1)} ${lines[n]}`;
		}

		const [, key, value = ''] = /^\s*(\w+)\s*=\s*(.*)$/.exec(line) ?? [];
		const order = key === undefined ? -1 : execKeys.indexOf(key);
		if (order !== -1) {
			const words = key === 'Conflicts' ? `systemctl stop ${value}` : value.replace(/^[-@:+!|]+/, '');
			const whole = lines
				.slice(first, n + 1)
				.join('\n')
				.trim();
			found.push(...shellCommands(words).map(command => ({...command, order, at: first + 1, line: whole})));
		}
	}

	return found.sort((one, other) => one.order - other.order).map(({order: _, ...command}) => command);
}

/** Any list or string of a compose file may be a command: command, entrypoint, healthcheck, the labels of a scheduler. */
function composeCommands(text: string): Job[] {
	const counter = new LineCounter();
	const document = parseDocument(text, {lineCounter: counter, logLevel: 'silent'});
	if (document.errors.length > 0) {
		// It may be a template: then each line is read as a command.
		return shellCommands(text).map(command => [command]);
	}

	const jobs: Job[] = [];
	const located = ({range}: Node) => {
		const at = counter.linePos(range![0]).line;
		const end = Math.max(at, counter.linePos(range![1]).line - (text[range![1] - 1] === '\n' ? 1 : 0));
		return {
			at,
			line: text
				.split('\n')
				.slice(at - 1, end)
				.join('\n')
				.trim(),
		};
	};
	visit(document, {
		Seq(_, node) {
			const argv = node.items.flatMap(item => (isScalar(item) ? [String(item.value)] : []));
			if (argv.length === node.items.length && node.range) {
				jobs.push([{argv, ...located(node)}]);
			}
		},
		Scalar(key, node, path) {
			// The words of a list are one command, which `Seq` has read.
			if (key !== 'key' && !isSeq(path.at(-1)) && typeof node.value === 'string' && node.range) {
				const where = located(node);
				jobs.push(shellCommands(node.value).map(({argv}) => ({argv, ...where})));
			}
		},
	});
	return jobs.filter(job => job.length > 0);
}
