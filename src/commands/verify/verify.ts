import {createUnpacker} from '../../adapters/unpack/unpacker.ts';
import {meantPlatformsOf} from '../../domain/configuration.ts';
import {defined} from '../../domain/defined.ts';
import {asOperatorError, exitCodes, OperatorError} from '../../domain/errors.ts';
import {platformPattern} from '../../domain/image/platform.ts';
import {formatReference, type ImageReference, parseReference} from '../../domain/image/reference.ts';
import {createUnservedTally, isUnserved, withTrouble} from '../../domain/image/unserved.ts';
import {type ImageCheck, type RegistryRole, unanswered, worstVerdict} from '../../domain/image/verdict.ts';
import {redactDeep} from '../../domain/text/redaction.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import {readableColumns} from '../../domain/text/wrap.ts';
import type {Registry} from '../../engine/ports/registry.ts';
import type {Unpacker} from '../../engine/ports/unpacker.ts';
import {mayLackLinks} from '../../engine/verify/serves-from-memory.ts';
import {createWalker, type Walker} from '../../engine/verify/walk-image.ts';
import type {Invocation} from '../../invocation.ts';
import {sayCheck, sayChecks} from '../../plain/verify/say-check.ts';
import {showWalkProgress} from '../../plain/verify/walk-progress.ts';
import {openRegistryToVerify, type VerifyingOptions} from '../../wiring/look.ts';
import type {OpenRegistry} from '../../wiring/registry.ts';
import {readSetup, type Setup, systemClock} from '../../wiring/setup.ts';
import {saySessions} from '../say-sessions.ts';

type VerifyOptions = VerifyingOptions & {
	/** `linux/arm64`: only this platform. */
	platform?: string;
	/** `linux/amd64,linux/arm64`: all of them. */
	require?: string;
	plainHttp?: boolean;
};

const exits = {intact: exitCodes.done, broken: exitCodes.broken, unknown: exitCodes.indeterminate};
/** Above 200 columns lines are hard to follow. */
const mostColumns = 200;

/**
 * `regmedic verify REF…`: walks every image, also after one that is broken. An image whose registry does not answer is
 * unknown; where it is the only image of the command line, its error ends the command.
 */
export async function verify(references: string[], options: VerifyOptions, invocation: Invocation): Promise<number> {
	const {flags, redaction, print} = invocation;
	const parsed = references.map(parseReference);
	platformsIn(options.require ?? 'linux/amd64');
	const registries = openRegistries(await readSetup(invocation, options), options);
	let checks: ImageCheck[] = [];
	let printed = 0;
	const unserved = createUnservedTally();
	let firstFailure: OperatorError | undefined;

	function printChecks(): void {
		for (const check of checks.slice(printed)) {
			print(`${printed++ === 0 ? '' : '\n'}${sayCheck(check, styleOf(options, invocation)).join('\n')}\n`);
		}
	}

	try {
		for (const reference of parsed) {
			const walking = walk(reference, registries, options, invocation);
			const check = await (parsed.length === 1
				? walking
				: walking.catch(error => {
						const failure = asOperatorError(error);
						firstFailure ??= failure;
						return unanswered(reference, failure);
					}));
			// Redacted before it is wrapped into lines: a registry may repeat our own password in its response.
			const known = await registries.withMemory(check, reference.host);
			const shown = {...redactDeep(known, redaction.redact), verdict: check.verdict};
			checks.push(shown);
			unserved.add(shown);
			// What an unserved part means, the other images tell.
			if (!flags.json && !checks.some(({faults}) => faults.some(isUnserved))) {
				printChecks();
			}
		}
	} finally {
		await registries.close();
		saySessions(registries.all(), invocation);
	}

	const trouble = unserved.trouble();
	checks = trouble === undefined ? checks : checks.map(check => withTrouble(check, trouble));
	if (flags.json) {
		const {depth} = options;
		const requests = registries.requests();
		const report = {schema: 'regmedic.verify/1', depth, requests, ...defined({trouble}), images: checks};
		print(`${visibleJson(report, '  ')}\n`);
	} else {
		printChecks();
		print(checks.length > 1 ? `\n${sayChecks(checks)}\n` : '');
		print(trouble === undefined ? '' : `${trouble.message}\n${trouble.hint}\n`);
	}

	const worst = worstVerdict(checks.map(({verdict}) => verdict));
	return worst === 'unknown' && firstFailure !== undefined ? exitCodes[firstFailure.exit] : exits[worst];
}

type Registries = {
	walkerOf(host: string): Walker;
	/** Says of an intact image what its registry may lack. Each registry is asked once. */
	withMemory(check: ImageCheck, host: string): Promise<ImageCheck>;
	all(): Registry[];
	/** Made so far, to all hosts. */
	requests(): number;
	close(): Promise<void>;
};

/** One client and one walker for each host: a part that several images share is requested once. */
function openRegistries(setup: Setup, options: VerifyingOptions): Registries {
	let unpacker: Unpacker | undefined;
	const hosts = new Map<string, OpenRegistry & {walker: Walker; role: RegistryRole; mayLack?: Promise<boolean>}>();

	return {
		walkerOf(host) {
			const open = hosts.get(host);
			if (open !== undefined) {
				return open.walker;
			}

			const opened = openRegistryToVerify(host, setup, options);
			const role = opened.known?.registry.role ?? 'authoritative';
			const platforms = meantPlatformsOf(setup.configuration, opened.known?.name);
			if (options.depth === 'unpack') {
				unpacker ??= createUnpacker();
			}

			const walker = createWalker(opened.registry, {
				depth: options.depth,
				signal: setup.signal,
				role,
				platforms,
				...defined({unpacker}),
			});
			hosts.set(host, {...opened, walker, role});
			return walker;
		},
		async withMemory(check, host) {
			const open = hosts.get(host);
			if (check.verdict !== 'intact' || open === undefined) {
				return check;
			}

			open.mayLack ??= mayLackLinks(open.registry, check, {role: open.role, signal: setup.signal});
			return (await open.mayLack) ? {...check, mayLackLinks: true} : check;
		},
		all: () => [...hosts.values()].map(({registry}) => registry),
		requests: () => [...hosts.values()].reduce((sum, {registry}) => sum + registry.requests(), 0),
		async close() {
			await Promise.allSettled([unpacker?.close(), ...[...hosts.values()].map(({close}) => close())]);
		},
	};
}

/** A person at a terminal sees the progress meanwhile. */
async function walk(
	reference: ImageReference,
	registries: Registries,
	{platform, require: list}: VerifyOptions,
	{terminal, talk}: Invocation,
): Promise<ImageCheck> {
	const walker = registries.walkerOf(reference.host);
	const wanted = {...defined({platform, require: list === undefined ? undefined : platformsIn(list)})};
	if (terminal.stderr?.isTTY !== true) {
		return walker.walk(reference, wanted);
	}

	const {monotonic} = systemClock;
	const progress = showWalkProgress(formatReference(reference), {terminal: terminal.stderr, talk, monotonic});

	try {
		return await walker.walk(reference, {...wanted, onProgress: progress.update});
	} finally {
		progress.stop();
	}
}

/** @throws OperatorError usage.platform */
function platformsIn(list: string): string[] {
	const names = list.split(',').map(name => name.trim());
	const odd = names.find(name => !platformPattern.test(name));
	if (odd !== undefined) {
		throw new OperatorError('usage.platform', `"${odd}" is not a platform.`, {
			hint: 'Write OS/ARCHITECTURE[/VARIANT], several with commas: linux/amd64,linux/arm/v7.',
			exit: 'usage',
		});
	}

	return names;
}

function styleOf({depth, plainHttp}: VerifyOptions, {terminal}: Invocation) {
	return {
		columns: Math.min(readableColumns(terminal.columns()), mostColumns),
		unicode: terminal.unicode,
		depth,
		flags: plainHttp ? '--plain-http' : '',
	};
}
