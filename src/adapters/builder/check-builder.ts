import {posix} from 'node:path';
import {defined} from '../../domain/defined.ts';
import type {BuilderCheck, BuildSource} from '../../engine/ports/builder.ts';
import {checkedSource} from './order.ts';

/** The lines of standard input of the check. @throws OperatorError builder.bad-order */
export function sourceLines(source: BuildSource): string {
	const {git, branch = '', context, dockerfile, program, environment} = checkedSource(source);
	const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
	const inSource = (...parts: string[]) => posix.join(...parts).replace(/(?<=.)\/$/, '');
	const paths = [inSource(context), inSource(context, dockerfile), inSource(dockerfile)];
	return `${[git, branch, ...paths, program, String(variables.length), ...variables].join('\n')}\n`;
}

/** Reads the lines that the check prints. */
export function builderCheck(output: string): BuilderCheck {
	const lines = output.split('\n').map(line => /^(\w+) (\w+) (.*)$/.exec(line) ?? []);
	const found = (word: string) => {
		const [, , state = '', detail = ''] = lines.find(([, first]) => first === word) ?? [];
		return {state, detail: detail.trim()};
	};
	const [program, space, source, context, dockerfile] = ['program', 'space', 'source', 'context', 'dockerfile'].map(
		found,
	) as [Found, Found, Found, Found, Found];

	return {
		program: program.state === 'works' ? {state: 'works', name: program.detail} : {state: 'none', why: program.detail},
		source:
			source.state === 'read'
				? {state: 'read', commit: source.detail}
				: source.state === 'late'
					? {state: 'late', why: source.detail}
					: {state: 'unreadable', why: source.detail || 'the check ended before its last line'},
		...defined({
			obstacle:
				space.state === 'low'
					? space.detail.replace(/^(\d+) (\d+) (.*)$/, 'only $1 MiB are free in $3; a build needs $2 MiB there')
					: space.state === 'unwritable'
						? `this user may not write to ${space.detail}`
						: undefined,
			dockerfile:
				context.state === 'absent'
					? ({state: 'no-context'} as const)
					: dockerfile.state === 'there' || dockerfile.state === 'link'
						? ({state: 'there', path: dockerfile.detail, isLink: dockerfile.state === 'link'} as const)
						: dockerfile.state === 'absent'
							? ({state: 'absent', path: dockerfile.detail} as const)
							: undefined,
		}),
	};
}

type Found = {state: string; detail: string};
