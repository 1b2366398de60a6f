import {meantPlatformsOf, registryFor} from '../../domain/configuration.ts';
import {defined} from '../../domain/defined.ts';
import {exitCodes, OperatorError} from '../../domain/errors.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import {labelsOf, metricsOf} from '../../domain/probe/metrics.ts';
import {exitOf, type ProbeReport, sawEverything} from '../../domain/probe/probe.ts';
import {parseShard} from '../../domain/probe/shard.ts';
import {redactDeep} from '../../domain/text/redaction.ts';
import {probe} from '../../engine/probe/probe.ts';
import type {Invocation} from '../../invocation.ts';
import {showProbeProgress} from '../../plain/probe/probe-progress.ts';
import {openRegistryToVerify, type VerifyingOptions} from '../../wiring/look.ts';
import {readSetup, systemClock} from '../../wiring/setup.ts';
import {saySessions} from '../say-sessions.ts';
import {keepHeapSmall} from '../small-heap.ts';
import {estimateProbe} from './estimate.ts';
import {type GivenOptions, whatToProbe} from './given.ts';
import {openKeeper} from './inventory-keeper.ts';
import {type OutletOptions, openOutlets} from './metric-outlets.ts';
import {probeTarget} from './probe-target.ts';
import {createReporter, type ReportOptions} from './report.ts';

type ProbeOptions = VerifyingOptions &
	OutletOptions &
	ReportOptions &
	GivenOptions & {
		/** Only this many of the newest of each repository. */
		tags?: number;
		shard?: string;
		/** A file for what the tags name. */
		inventory?: string;
		role?: RegistryRole;
		plainHttp?: boolean;
		/** Only say what would be requested. */
		estimate?: boolean;
	};

/** `regmedic probe [REGISTRY]`: walks the images of a whole catalogue, and reports to people and to alerts. */
export async function probeRegistry(
	wanted: string | undefined,
	options: ProbeOptions,
	invocation: Invocation,
): Promise<number> {
	const {signal, flags, redaction} = invocation;
	if (flags.json && options.metricsFile === '-') {
		throw new OperatorError('usage.two-documents', 'Standard output cannot be JSON and metrics at once.', {
			hint: 'Leave --json out, or write the metrics to a file.',
			exit: 'usage',
		});
	}

	const outlets = openOutlets(options, invocation);
	const shard = options.shard === undefined ? undefined : parseShard(options.shard);
	const setup = await readSetup(invocation, options);
	const {host, role, configuration, ...target} = probeTarget(wanted, setup.configuration);
	const what = await whatToProbe(options, {host, configuration}, invocation);
	const {registry, close} = openRegistryToVerify(
		host,
		{...setup, configuration},
		{...options, role: options.role ?? role},
	);
	if (options.estimate) {
		const {depth, tags: newest, inventory: file = target.inventory} = options;
		return estimateProbe(registry, {depth, shard, ...what, newest, inventory: file}, invocation).finally(close);
	}

	const inventory = await openKeeper(options.inventory ?? target.inventory, host, invocation);
	const progress = showProbeProgress(host, {
		talk: invocation.talk,
		terminal: redrawable(invocation),
		monotonic: systemClock.monotonic,
	});
	keepHeapSmall();
	const reporter = createReporter(invocation, options);

	let report: ProbeReport;
	try {
		report = await probe(registry, {
			depth: options.depth,
			role: options.role ?? role,
			platforms: meantPlatformsOf(configuration, registryFor(configuration, host)?.name),
			shard,
			...what,
			newest: options.tags,
			clock: systemClock,
			signal,
			onProgress: progress.update,
			...defined({onSighting: inventory?.add}),
			onImage(check) {
				if (options.all || check.verdict !== 'intact') {
					progress.makeWay();
					reporter.image(redactDeep(check, redaction.redact));
				}
			},
		});
	} finally {
		progress.stop();
		await close();
		saySessions([registry], invocation);
	}

	reporter.end(redactDeep(report, redaction.redact));
	const failures = await outlets({
		metrics: metricsOf(report, options),
		labels: labelsOf(report),
		keepsRest: !sawEverything(report, options),
	});
	// Last, because it may wait for another probe.
	return exitAfter([...failures, ...((await inventory?.keep()) ?? [])], report, options);
}

/** Absent where a line cannot be drawn again. */
function redrawable({terminal, flags, environment}: Invocation): Invocation['terminal']['stderr'] {
	return flags.plain || environment.TERM === 'dumb' ? undefined : terminal.stderr;
}

/** A run whose metrics reached nobody, or whose sightings were not kept, has failed, but that does not hide what it found. */
function exitAfter(failures: OperatorError[], report: ProbeReport, options: ProbeOptions): number {
	const exit = exitOf(report, options);
	const [first] = failures;
	if (first === undefined) {
		return exitCodes[exit];
	}

	throw new OperatorError(first.code, failures.map(({message}) => message).join(' '), {
		hint: [...new Set(failures.map(({hint}) => hint))].join(' '),
		exit: exit === 'done' ? 'failed' : exit,
		cause: first,
	});
}
