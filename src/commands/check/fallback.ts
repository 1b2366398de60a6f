import type {ImageConfiguration} from '../../domain/configuration.ts';
import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Builder, BuilderCheck} from '../../engine/ports/builder.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {attempt, type Line} from './line.ts';

type Fallback = NonNullable<ImageConfiguration['fallback']>;

/** The lines of a fallback build: its program, its source and its Dockerfile, as the build would use them. */
export async function fallbackLines(
	image: string,
	fallback: Fallback,
	builder: Builder | undefined,
	{signal}: Waiting,
): Promise<Line[]> {
	const what = `fallback of ${image}`;
	if (builder === undefined) {
		return [await attempt(what, async () => throwUnplaced())];
	}

	let found: BuilderCheck | undefined;
	const ran = await attempt(what, async () => {
		const {builder: program, git, branch, context, dockerfile, environment} = fallback;
		found = await builder.check({git, context, dockerfile, program, environment, ...defined({branch})}, {signal});
		return '';
	});
	if (found === undefined) {
		return [ran];
	}

	const {place} = builder;
	const {program, source, dockerfile, obstacle} = found;
	return [
		await attempt(`${what}: builder`, async () => sayProgram(program, obstacle, place)),
		await attempt(`${what}: git`, async () => saySource(source, fallback, place)),
		...(dockerfile === undefined
			? []
			: [await attempt(`${what}: Dockerfile`, async () => sayDockerfile(dockerfile, fallback))]),
	];
}

function throwUnplaced(): never {
	throw new OperatorError('check.builder', 'It is to run on the registry’s host, and no storage is configured.', {
		hint: 'Add registries.….storage, or write fallback: {on: local, …}.',
		exit: 'configuration',
	});
}

function sayProgram(program: BuilderCheck['program'], obstacle: string | undefined, place: string): string {
	if (program.state === 'none') {
		throw new OperatorError('check.builder', `No build program works on ${place}: ${program.why}.`, {
			hint: 'Install docker, podman or buildah there, start its daemon, or let this user reach it.',
			exit: 'failed',
		});
	}

	if (obstacle !== undefined) {
		throw new OperatorError('check.builder', `A build could not start on ${place}: ${obstacle}.`, {
			hint: 'Free space there, or let this user write to its home folder.',
			exit: 'failed',
		});
	}

	return `${program.name} works on ${place}`;
}

function saySource(source: BuilderCheck['source'], {git, branch}: Fallback, place: string): string {
	const what = `${git}${branch === undefined ? '' : `, branch ${branch},`}`;
	switch (source.state) {
		case 'read':
			return `${place} can clone ${what} at commit ${source.commit.slice(0, 12)}; nothing was built or kept`;
		case 'late':
			return `${place} can read ${what} but ${source.why}: the Dockerfile was not looked for`;
		case 'unreadable':
			throw new OperatorError('check.git', `${place} can't clone ${what}: ${source.why}.`, {
				hint: 'Give this user there its own access: a deploy key, a known host key, or a credential helper.',
				exit: 'failed',
			});
	}
}

function sayDockerfile(found: NonNullable<BuilderCheck['dockerfile']>, {context, dockerfile, git}: Fallback): string {
	switch (found.state) {
		case 'there':
			return `${found.path} is there${found.isLink ? '; it is a symbolic link, which was not followed' : ''}`;
		case 'no-context':
			throw new OperatorError('check.dockerfile', `${git} has no folder ${context}.`, {
				hint: 'Correct fallback.context in the configuration. Submodules are not cloned.',
				exit: 'configuration',
			});
		case 'absent':
			throw new OperatorError('check.dockerfile', `${git} has no ${found.path} and no ${dockerfile}.`, {
				hint: 'Correct fallback.dockerfile and fallback.context in the configuration, or fallback.branch.',
				exit: 'configuration',
			});
	}
}
