import {exitCodes, OperatorError} from '../../domain/errors.ts';
import type {Depth, ImageCheck, RegistryRole} from '../../domain/image/verdict.ts';
import {labelsOf, metricsOf} from '../../domain/probe/metrics.ts';
import {exitOf, type ProbeReport, sawEverything} from '../../domain/probe/probe.ts';
import {parseShard} from '../../domain/probe/shard.ts';
import {redactDeep} from '../../domain/text/redaction.ts';
import {visibleJson, visibleLine} from '../../domain/text/visible.ts';
import {probe} from '../../engine/probe/probe.ts';
import type {Invocation} from '../../invocation.ts';
import {createProbeProgress} from '../../plain/probe/probe-progress.ts';
import {sayProbe} from '../../plain/probe/say-probe.ts';
import {systemClock} from '../../wiring/clock.ts';
import {openReader} from '../../wiring/open-reader.ts';
import {surroundingsOf} from '../../wiring/surroundings.ts';
import {type OutletOptions, openOutlets} from './metric-outlets.ts';
import {probeTarget} from './probe-target.ts';
import {keepHeapSmall} from './small-heap.ts';

export type ProbeOptions = OutletOptions & {
	depth: Depth;
	/** Only the newest of each repository. */
	tags?: number;
	shard?: string;
	role?: RegistryRole;
	all?: boolean;
	allowEmpty?: boolean;
	plainHttp?: boolean;
	hashOnHost?: number;
};

/** `regmedic probe [REGISTRY]`: walks the images of a whole catalogue, and tells people and alerts. */
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
	const surroundings = await surroundingsOf(invocation, options);
	const target = probeTarget(wanted, surroundings.configuration);
	const {registry, close} = openReader(target.host, {...surroundings, configuration: target.configuration}, options);
	const progress = createProbeProgress({
		host: target.host,
		say: invocation.talk,
		terminal: rewritable(invocation),
		monotonic: systemClock.monotonic,
	});
	keepHeapSmall();
	const told = (options.metricsFile === '-' ? talker : flags.json ? jsonTeller : printer)(invocation, options);

	let report: ProbeReport;
	try {
		report = await probe(registry, {
			depth: options.depth,
			role: options.role ?? target.role,
			shard,
			newest: options.tags,
			clock: systemClock,
			signal,
			onProgress: progress.update,
			onImage(check) {
				if (options.all || check.verdict !== 'intact') {
					progress.makeWay();
					told.image(redactDeep(check, redaction.redact) as ImageCheck);
				}
			},
		});
	} finally {
		progress.stop();
		await close();
	}

	told.end(redactDeep(report, redaction.redact) as ProbeReport);
	const failures = await outlets({
		metrics: metricsOf(report, options),
		labels: labelsOf(report),
		keepsRest: !sawEverything(report, options),
	});
	return exitAfter(failures, report, options);
}

/** Where a line can be written anew. */
function rewritable({terminal, flags, environment}: Invocation): Invocation['terminal']['stderr'] {
	return flags.plain || environment.TERM === 'dumb' ? undefined : terminal.stderr;
}

type Teller = {image(check: ImageCheck): void; end(report: ProbeReport): void};

/** As they come, so that a broken catalogue of any size fits. What was interrupted is not a whole document. */
function jsonTeller({print}: Invocation): Teller {
	let isFirst = true;
	const lead = () => (isFirst ? '{"schema":"regmedic.probe/1","images":[\n' : ',');
	return {
		image(check) {
			// To the end of the line: what shows the progress begins there.
			print(`${lead()}${visibleJson(check)}\n`);
			isFirst = false;
		},
		end({images: _, ...rest}) {
			print(`${isFirst ? lead() : ''}],${visibleJson(rest).slice(1)}\n`);
		},
	};
}

function printer({print, terminal}: Invocation, options: ProbeOptions): Teller {
	return {
		image({reference, verdict}) {
			if (options.all) {
				print(`${visibleLine(reference)}: ${verdict}\n`);
			}
		},
		end: report => print(`${sayProbe(report, {...options, ...widthOf(terminal.stdout)}).join('\n')}\n`),
	};
}

function widthOf({isTTY, columns}: Invocation['terminal']['stdout']): {columns?: number} {
	return isTTY ? {columns} : {};
}

/** Standard output is for the metrics. */
function talker(invocation: Invocation, options: ProbeOptions): Teller {
	return printer({...invocation, print: invocation.talk}, options);
}

/** Nobody was told: that is a failed run, but it does not hide what the run found. */
function exitAfter(failures: OperatorError[], report: ProbeReport, options: ProbeOptions): number {
	const exit = exitOf(report, options);
	const [first] = failures;
	if (first === undefined) {
		return exitCodes[exit];
	}

	throw new OperatorError(first.code, failures.map(({message}) => message).join('\n'), {
		hint: [...new Set(failures.map(({hint}) => hint))].join('\n'),
		exit: exit === 'done' ? 'failed' : exit,
		cause: first,
	});
}
