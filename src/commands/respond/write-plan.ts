import {randomBytes} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {stateFolder} from '../../adapters/journal/incident-folders.ts';
import {rememberPlan} from '../../adapters/journal/plan-records.ts';
import {registryFor} from '../../domain/configuration.ts';
import {defined} from '../../domain/defined.ts';
import {exitCodes, OperatorError} from '../../domain/errors.ts';
import {parseReference} from '../../domain/image/reference.ts';
import {parseSettings} from '../../domain/incident/settings.ts';
import {parseRemedyChoice} from '../../domain/plan/choose-remedies.ts';
import type {Plan} from '../../domain/plan/plan.ts';
import {redactDeep} from '../../domain/text/redaction.ts';
import {parseDuration} from '../../domain/text/time.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import {identify} from '../../engine/plan/identify.ts';
import {makePlan} from '../../engine/plan/make-plan.ts';
import {usageBeside} from '../../engine/plan/read-usage.ts';
import type {Invocation} from '../../invocation.ts';
import {sayPlanTable} from '../../plain/plan/say-plan.ts';
import {showScanProgress} from '../../plain/scan/scan-progress.ts';
import {openRegistryPorts} from '../../wiring/ports.ts';
import {urlOf} from '../../wiring/registry.ts';
import {readSetup, systemClock} from '../../wiring/setup.ts';
import {damageOf, hostOf} from './damage-of-registry.ts';

export type PlanFileOptions = {
	plan: string;
	registry?: string;
	image?: string;
	remedy?: string[];
	valid?: string;
	plainHttp?: boolean;
	fillCache?: boolean;
};

const hourMs = 3_600_000;

/**
 * `regmedic respond --plan FILE`: reads, writes the plan, and stops. It opens no incident.
 * @returns exit 0: no damage; 3: there is something to do; 8: the damage is not known whole
 */
export async function writePlan(options: PlanFileOptions, invocation: Invocation): Promise<number> {
	const {signal, flags, redaction, terminal, print, talk} = invocation;
	const choices = (options.remedy ?? []).map(parseRemedyChoice);
	const validMs = validFor(options.valid);
	const reported = options.image === undefined ? undefined : parseReference(options.image);
	const setup = await readSetup(invocation, defined({plainHttp: options.plainHttp, fillCache: options.fillCache}));
	const {configuration} = setup;
	const host = hostOf(options.registry, reported, configuration);
	const known = registryFor(configuration, host);
	const ports = openRegistryPorts(host, setup);
	const progress = showScanProgress({terminal: terminal.stderr, talk, monotonic: systemClock.monotonic});

	try {
		const url = known?.registry.url ?? urlOf(host, setup.plainHttp ?? false);
		const identified = identify({url, registry: ports.registry, storage: ports.storage}, {signal});
		// Where the host does not answer, the look for damage says so first.
		identified.catch(() => {});
		const {usage, pinned} = usageBeside(ports.usage, host, {clock: systemClock, signal});
		// In a function of its own: what was read of a large store is let go before the plan is written.
		const planRepair = async () => {
			// Where nothing is known to damage it, what was reported is read whole.
			const scope = await damageOf({host, setup, ports, pinned, ...defined({reported})}, invocation);
			const {document} = await makePlan(scope, {
				host,
				choices,
				usage: await usage,
				signal,
				of(image) {
					const {ports: own, settings} = ports.of(image);
					return {ports: own, settings: parseSettings(settings)!};
				},
				onProgress: progress.update,
				...defined({reported}),
			});
			return document;
		};
		const repair = await planRepair();
		progress.stop();
		const identity = await identified;
		const now = systemClock.now();
		const plan: Plan = redactDeep(
			{
				schema: 'regmedic.plan/1' as const,
				id: `${now.toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`,
				made: now.toISOString(),
				// What is destructive never stays approved for longer.
				until: new Date(now.getTime() + (repair.destructive > 0 ? Math.min(validMs, hourMs) : validMs)).toISOString(),
				registry: host,
				identity,
				...repair,
			},
			redaction.redact,
		);
		const file = path.resolve(invocation.folder, options.plan);
		await keep(file, `${visibleJson(plan, '  ')}\n`);
		if (ports.storage === undefined) {
			// Nothing but this machine will know whether it was applied.
			await rememberPlan(stateFolder(invocation.environment), {id: plan.id, what: 'made', note: plan.made});
		}

		print(
			flags.json
				? `${visibleJson(plan, '  ')}\n`
				: `${[...sayPlanTable(plan, terminal.columns()), '', `Nothing was changed. The plan is in ${file}`, `Next: regmedic plan show ${options.plan}`].join('\n')}\n`,
		);
		return !plan.complete ? exitCodes.indeterminate : plan.images.length > 0 ? exitCodes.broken : exitCodes.done;
	} finally {
		progress.stop();
		await ports.close();
	}
}

/** @throws OperatorError plan.valid */
function validFor(given: string | undefined): number {
	const milliseconds = given === undefined ? hourMs : parseDuration(given);
	if (milliseconds === undefined || milliseconds <= 0) {
		throw new OperatorError('plan.valid', `--valid ${given} is not a duration.`, {
			hint: 'Write 30m, 4h …',
			exit: 'usage',
		});
	}

	return milliseconds;
}

/** @throws OperatorError plan.exists | plan.unwritable */
async function keep(file: string, text: string): Promise<void> {
	await writeFile(file, text, {mode: 0o600, flag: 'wx'}).catch((cause: NodeJS.ErrnoException) => {
		throw cause.code === 'EEXIST'
			? new OperatorError('plan.exists', `${file} exists already.`, {
					hint: 'Name another file: a plan that somebody may have approved is never overwritten.',
					exit: 'usage',
					cause,
				})
			: new OperatorError('plan.unwritable', `Can't write ${file}: ${cause.code ?? cause.message}.`, {
					hint: 'Name a file in a folder that you can write to.',
					exit: 'failed',
					cause,
				});
	});
}
