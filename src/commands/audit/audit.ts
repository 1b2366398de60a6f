import {type Audit, auditVerdict, inOrder} from '../../domain/audit/audit.ts';
import type {Preflight} from '../../domain/audit/preflight.ts';
import {exitCodes} from '../../domain/errors.ts';
import {redactDeep} from '../../domain/text/redaction.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import type {Invocation} from '../../invocation.ts';
import {sayAudit} from '../../plain/audit/say-audit.ts';
import {surroundingsOf} from '../../wiring/surroundings.ts';
import {lookAtAnswers, lookAtHost, lookAtProbe, type ProbeMetrics} from './audit-looks.ts';
import {type AuditTarget, openAuditPlace} from './audit-place.ts';
import {rehearsalOf, rehearseAll} from './preflight.ts';

export type AuditOptions = AuditTarget & ProbeMetrics & {preflight?: boolean; collect?: string};

const exits = {breaks: exitCodes.broken, incomplete: exitCodes.indeterminate, clear: exitCodes.done};

/** `regmedic audit [REGISTRY]`: what will cause the next incident. Reads, over SSH and HTTP, and changes nothing. */
export async function audit(name: string | undefined, options: AuditOptions, invocation: Invocation): Promise<number> {
	const surroundings = await surroundingsOf(invocation);
	const place = openAuditPlace(name, options, surroundings, invocation.folder);

	try {
		const command = options.collect ?? place.registry?.storage?.collect;
		const rehearsal = options.preflight ? rehearsalOf(command) : undefined;
		const {upkeep, found} = await lookAtHost(place, invocation.signal);
		const answers = await lookAtAnswers(place, upkeep, surroundings, invocation.signal);
		const probe = await lookAtProbe(place, options, invocation.signal);
		const preflights = rehearsal === undefined ? undefined : await rehearseAll(rehearsal, place, invocation.signal);
		const whole: Audit & {place: string; preflight?: Preflight[]} = {
			place: place.storage?.place ?? place.registry?.url ?? '',
			versions: found.versions,
			risks: inOrder([found, answers, probe].flatMap(({risks = []}) => risks)),
			unseen: [found, answers, probe].flatMap(({unseen = []}) => unseen),
			...(preflights === undefined ? {} : {preflight: preflights}),
		};
		const shown = redactDeep(whole, invocation.redaction.redact) as typeof whole;
		const verdict = auditVerdict(whole);
		const {stdout} = invocation.terminal;
		invocation.print(
			invocation.flags.json
				? `${visibleJson({schema: 'regmedic.audit/1', verdict, ...shown}, '  ')}\n`
				: `${sayAudit(shown, stdout.isTTY ? stdout.columns : undefined).join('\n')}\n`,
		);
		return exits[verdict];
	} finally {
		await place.close();
	}
}
