import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {readRegularText} from '../adapters/configuration/regular-file.ts';
import {defined} from '../domain/defined.ts';
import {OperatorError} from '../domain/errors.ts';
import {lintRunbook} from '../domain/runbook/linter.ts';
import {parseRunbook} from '../domain/runbook/parser.ts';
import type {Runbook} from '../domain/runbook/runbook.ts';
import {visibleLine} from '../domain/text/visible.ts';
import type {LocatedProblem} from '../domain/yaml/located-yaml.ts';
import {actions} from '../engine/actions/index.ts';

type CheckedRunbook = {file: string; text: string; runbook?: Runbook; problems: LocatedProblem[]};

/**
 * Reads and lints a runbook.
 * @param home of regmedic, with runbooks/
 * @param folder the working directory
 * @param wanted a name that ships with regmedic, or a path
 * @throws OperatorError runbook.missing
 */
export async function checkRunbook(home: string, folder: string, wanted: string): Promise<CheckedRunbook> {
	const isName = !/[/.]/.test(wanted);
	const file = isName ? path.join(home, 'runbooks', `${wanted}.md`) : path.resolve(folder, wanted);
	const text = await readRegularText(file).catch(async (error: NodeJS.ErrnoException) => {
		const names = await shippedRunbooks(home);
		const isAbsent = error.code === 'ENOENT';
		throw new OperatorError(
			'runbook.missing',
			isAbsent
				? `There is no runbook ${isName ? `"${wanted}"` : file}.`
				: `Can't read the runbook ${file}: ${error.code}.`,
			{
				hint: `Name one of ${names.join(', ')}, or a Markdown file.`,
				exit: 'usage',
				cause: error,
			},
		);
	});
	const {runbook, problems} = parseRunbook(text);
	return {
		file,
		text,
		problems: runbook ? lintRunbook(runbook, actions) : problems,
		...defined({runbook}),
	};
}

/** @throws OperatorError runbook.missing | runbook.invalid (exit 4): a runbook with problems does not run */
export async function loadRunbook(home: string, folder: string, wanted: string): Promise<Runbook> {
	const {file, runbook, problems} = await checkRunbook(home, folder, wanted);
	if (!runbook || problems.length > 0) {
		throw new OperatorError('runbook.invalid', problems.map(problem => sayProblem(file, problem)).join('\n'), {
			hint: 'Fix the page, then check it with `regmedic runbook lint`.',
			exit: 'configuration',
		});
	}

	return runbook;
}

export async function shippedRunbooks(home: string): Promise<string[]> {
	const files = await readdir(path.join(home, 'runbooks'));
	return files
		.filter(name => name.endsWith('.md'))
		.map(name => name.slice(0, -3))
		.sort();
}

export function sayProblem(file: string, {line, column, message, code}: LocatedProblem): string {
	return visibleLine(`${file}:${line}:${column}: ${message} (${code})`);
}
