import {defined} from '../../domain/defined.ts';
import type {ImageCheck} from '../../domain/image/verdict.ts';
import type {ProbeReport} from '../../domain/probe/probe.ts';
import {visibleJson, visibleLine} from '../../domain/text/visible.ts';
import type {Invocation} from '../../invocation.ts';
import {sayProbe} from '../../plain/probe/say-probe.ts';

export type ReportOptions = {
	/** Lists intact images, too. */
	all?: boolean;
	allowEmpty?: boolean;
	metricsFile?: string;
};

/** Prints the images as they come, and the report at the end. */
type Reporter = {image(check: ImageCheck): void; end(report: ProbeReport): void};

export function createReporter(invocation: Invocation, options: ReportOptions): Reporter {
	// Then standard output is for the metrics.
	if (options.metricsFile === '-') {
		return textReporter({...invocation, print: invocation.talk}, options);
	}

	return invocation.flags.json ? jsonReporter(invocation) : textReporter(invocation, options);
}

/** Written piece by piece, so that a broken catalogue of any size fits. An interrupted run leaves no whole document. */
function jsonReporter({print}: Invocation): Reporter {
	let isFirst = true;
	const lead = () => (isFirst ? '{"schema":"regmedic.probe/1","images":[\n' : ',');
	return {
		image(check) {
			// A whole line: the progress is drawn at the start of the next one.
			print(`${lead()}${visibleJson(check)}\n`);
			isFirst = false;
		},
		end({images: _, ...rest}) {
			print(`${isFirst ? lead() : ''}],${visibleJson(rest).slice(1)}\n`);
		},
	};
}

function textReporter({print, terminal}: Invocation, options: ReportOptions): Reporter {
	return {
		image({reference, verdict}) {
			if (options.all) {
				print(`${visibleLine(reference)}: ${verdict}\n`);
			}
		},
		end(report) {
			const lines = sayProbe(report, {...options, ...defined({columns: terminal.columns()})});
			print(`${lines.join('\n')}\n`);
		},
	};
}
