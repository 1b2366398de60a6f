import {OperatorError} from '../../domain/errors.ts';
import {platformPattern} from '../../domain/image/platform.ts';
import {type ImageReference, parseReference} from '../../domain/image/reference.ts';
import type {BuildOrder, BuildSource} from '../../engine/ports/builder.ts';

const requestIdShape = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/;
const variableShape = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @throws OperatorError builder.bad-order */
export function checkedRequestId(requestId: string): string {
	if (!requestIdShape.test(requestId)) {
		throw badOrder('its id may hold only letters, digits, dots, dashes and underscores');
	}

	return requestId;
}

/**
 * The order as lines of standard input. The password is the last line, which the job itself reads.
 * @throws OperatorError builder.bad-order
 */
export function orderLines(order: BuildOrder): string {
	const {git, branch = '', context, dockerfile, images, program, credentials, plainHttp} = order;
	const references = images.map(image => parseReference(image));
	const host = hostOf(references);
	checkedSource(order);
	checkInputs(order);

	const lines = [
		git,
		branch,
		context,
		dockerfile,
		program,
		plainHttp ? 'plain' : 'tls',
		host,
		...counted(images),
		...counted(pairs(order.environment)),
		...counted(pairs(order.args)),
		...counted(pairs(order.secrets)),
		...counted(order.platforms),
		...counted(order.bases),
		...loginLines(credentials),
	];

	checkLines(lines);
	return `${lines.join('\n')}\n`;
}

/** Who logs in, and last the secret: a password, or the whole entry of a file of logins, which no `login` command writes. */
function loginLines(credentials: BuildOrder['credentials']): string[] {
	if (credentials === undefined) {
		return ['anonymous'];
	}

	return 'identityToken' in credentials
		? ['token', tokenName, JSON.stringify(tokenEntry(credentials.identityToken))]
		: ['login', credentials.username, credentials.password];
}

/** @see github.com/docker/docker-credential-helpers: the name that says that the secret is an identity token */
const tokenName = '<token>';

/**
 * The empty password in `auth` is what docker writes; containers/image skips an entry without one.
 * @see docker/cli cli/config/types, AuthConfig; containers/image pkg/docker/config, decodeDockerAuth
 */
function tokenEntry(identitytoken: string) {
	return {auth: Buffer.from(`${tokenName}:`).toString('base64'), identitytoken};
}

function counted(lines: readonly string[]): string[] {
	return [String(lines.length), ...lines];
}

function pairs(values: Record<string, string>): string[] {
	return Object.entries(values).map(([name, value]) => `${name}=${value}`);
}

function checkInputs({args, secrets, platforms, bases}: BuildOrder): void {
	checkVariables(args);
	for (const [id, file] of Object.entries(secrets)) {
		// The programs read `id=ID,src=FILE` as comma-separated values.
		if (!/^[\w.-]+$/.test(id) || !/^\/[^,"]*$/.test(file)) {
			throw badOrder(`its secret "${id}" needs a file with a whole path, without commas and quotes`);
		}
	}

	const wrong = platforms.find(platform => !platformPattern.test(platform));
	if (wrong !== undefined) {
		throw badOrder(`"${wrong}" is not a platform such as linux/arm64`);
	}

	if (bases.some(name => name.startsWith('-'))) {
		throw badOrder('a base image begins with a dash');
	}
}

/** @throws OperatorError builder.bad-order */
export function checkedSource<Source extends BuildSource>(source: Source): Source {
	const {git, branch = '', context, dockerfile, environment} = source;
	checkAddress(git, branch);
	checkPath('context', context);
	checkPath('dockerfile', dockerfile);
	checkVariables(environment);
	checkLines([git, branch, context, dockerfile]);
	return source;
}

function checkVariables(environment: Record<string, string>): void {
	for (const name of Object.keys(environment)) {
		if (!variableShape.test(name)) {
			throw badOrder(`"${name}" is not the name of a variable`);
		}
	}

	checkLines(Object.values(environment));
}

function checkLines(lines: readonly string[]): void {
	if (lines.some(line => /[\n\r\0]/.test(line))) {
		throw badOrder('one of its values holds a line break');
	}
}

/** The environment of a build, a variable a line. @throws OperatorError builder.bad-order */
export function variableLines(environment: Record<string, string>): string {
	checkVariables(environment);
	return pairs(environment)
		.map(line => `${line}\n`)
		.join('');
}

function hostOf(references: ImageReference[]): string {
	const hosts = new Set(references.map(({host}) => host));
	if (hosts.size !== 1) {
		throw badOrder('its images are not all in one registry');
	}

	if (references.some(({digest}) => digest !== undefined)) {
		throw badOrder('an image can be pushed to a tag, not to a digest');
	}

	return references[0]!.host;
}

function checkAddress(git: string, branch: string): void {
	if (git === '' || git.startsWith('-') || branch.startsWith('-')) {
		throw badOrder('its git address or branch is empty or begins with a dash');
	}

	// It would be an argument of git, and every user of the host can read those.
	if (/^https?:\/\/[^/]*@|^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(git)) {
		throw badOrder(
			'its git address holds a login',
			'Give the host its own access: a deploy key or a credential helper.',
		);
	}
}

function checkPath(what: string, path: string): void {
	if (path.startsWith('/') || path.split('/').includes('..')) {
		throw badOrder(`its ${what} "${path}" leads out of the repository`);
	}
}

function badOrder(reason: string, hint = 'Correct the fallback of this image in the configuration.'): OperatorError {
	return new OperatorError('builder.bad-order', `This build can't be started: ${reason}.`, {
		hint,
		exit: 'configuration',
	});
}
