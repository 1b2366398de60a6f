import {exitCodes} from '../../domain/errors.ts';
import {graphOf} from '../../domain/runbook/graph.ts';
import {visible, visibleJson, visibleLine} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {checkRunbook, loadRunbook, sayProblem, shippedRunbooks} from '../../incidents/runbooks.ts';
import type {Invocation} from '../../invocation.ts';

/** `regmedic runbook list` */
export async function listRunbooks(invocation: Invocation): Promise<number> {
	for (const name of await shippedRunbooks(invocation.home)) {
		const {title} = await loadRunbook(invocation.home, invocation.folder, name);
		invocation.print(`${visibleLine(`${name.padEnd(24)} ${title}`)}\n`);
	}

	return exitCodes.done;
}

/** `regmedic runbook show RUNBOOK`: prints the page. */
export async function showRunbook(wanted: string, invocation: Invocation): Promise<number> {
	const {text} = await checkRunbook(invocation.home, invocation.folder, wanted);
	invocation.print(visible(text));
	return exitCodes.done;
}

/** `regmedic runbook lint RUNBOOK…`: lists every problem of every page. Exit 4 if there is one. */
export async function lintRunbooks(wanted: string[], invocation: Invocation): Promise<number> {
	const checked = await Promise.all(wanted.map(each => checkRunbook(invocation.home, invocation.folder, each)));
	const problems = checked.flatMap(({file, problems: found}) => found.map(problem => ({file, ...problem})));

	if (invocation.flags.json) {
		invocation.print(`${visibleJson({schema: 'regmedic.runbook-lint/1', problems}, '  ')}\n`);
	} else {
		for (const {file, ...problem} of problems) {
			invocation.print(`${sayProblem(file, problem)}\n`);
		}

		invocation.talk(
			problems.length === 0
				? `${checked.length === 1 ? 'The runbook is' : `${checked.length} runbooks are`} clean.\n`
				: `${count(problems.length, 'problem')}.\n`,
		);
	}

	return problems.length === 0 ? exitCodes.done : exitCodes.configuration;
}

/** `regmedic runbook graph RUNBOOK`: the steps as a Mermaid flowchart. */
export async function graphRunbook(wanted: string, invocation: Invocation): Promise<number> {
	invocation.print(graphOf(await loadRunbook(invocation.home, invocation.folder, wanted)));
	return exitCodes.done;
}
