import {type Audit, assessMaintenance, auditVerdict, inOrder} from '../../domain/audit/audit.ts';
import type {Maintenance} from '../../domain/audit/maintenance.ts';
import type {Preflight} from '../../domain/audit/preflight.ts';
import {meantPlatformsOf} from '../../domain/configuration.ts';
import {defined} from '../../domain/defined.ts';
import {exitCodes} from '../../domain/errors.ts';
import {redactDeep} from '../../domain/text/redaction.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import type {Storage} from '../../engine/ports/storage.ts';
import type {Invocation} from '../../invocation.ts';
import {sayAudit} from '../../plain/audit/say-audit.ts';
import {openStorage} from '../../wiring/host.ts';
import {readSetup} from '../../wiring/setup.ts';
import {auditTarget, type StorageOptions} from '../storage-target.ts';
import {orUnseen} from './or-unseen.ts';
import {preflightOf, runPreflight} from './preflight.ts';
import {auditProbe, type ProbeMetricsOptions} from './probe-metrics.ts';
import {auditRegistry} from './registry-responses.ts';

type AuditOptions = StorageOptions & ProbeMetricsOptions & {preflight?: boolean; collect?: string};

const exits = {breaks: exitCodes.broken, incomplete: exitCodes.indeterminate, clear: exitCodes.done};

/** `regmedic audit [REGISTRY]`: finds what will cause the next incident. It reads over SSH and HTTP, and changes nothing. */
export async function audit(name: string | undefined, options: AuditOptions, invocation: Invocation): Promise<number> {
	const {signal, flags, terminal, redaction, print} = invocation;
	const setup = await readSetup(invocation);
	const target = auditTarget(name, options, setup.configuration, invocation.folder);
	const storage = target.location && openStorage(target.location, setup);

	try {
		const registry = target.registry?.configuration;
		const asked = options.preflight ? preflightOf(options.collect ?? registry?.storage?.collect, storage) : undefined;
		const {maintenance, ...host} = await auditHost(storage, signal);
		const answers = await auditRegistry(target.registry?.name, {maintenance, storage}, setup);
		const probe = await auditProbe(target.registry, options, signal);
		const rules = {
			role: registry?.role ?? ('authoritative' as const),
			platforms: meantPlatformsOf(setup.configuration, target.registry?.name),
		};
		const preflight = asked && (await runPreflight(asked.dryRun, asked.storage, {...rules, signal}));
		const report: Audit & {place: string; preflight?: Preflight[]} = {
			place: storage?.place ?? registry?.url ?? '',
			versions: host.versions,
			risks: inOrder([host, answers, probe].flatMap(({risks = []}) => risks)),
			unseen: [host, answers, probe].flatMap(({unseen = []}) => unseen),
			...defined({preflight}),
		};
		const verdict = auditVerdict(report);
		const shown = redactDeep(report, redaction.redact);
		print(
			flags.json
				? `${visibleJson({schema: 'regmedic.audit/1', verdict, ...shown}, '  ')}\n`
				: `${sayAudit(shown, terminal.columns()).join('\n')}\n`,
		);
		return exits[verdict];
	} finally {
		await storage?.close();
	}
}

/** How the host runs the registry and maintains it. */
async function auditHost(
	storage: Storage | undefined,
	signal: AbortSignal,
): Promise<Audit & {maintenance?: Maintenance}> {
	const nothing: Audit = {risks: [], versions: [], unseen: []};
	if (storage === undefined) {
		const why = 'the configuration has no storage for this registry: add storage: {ssh: HOST, root: DIR}';
		return {...nothing, unseen: [{what: 'the registry’s host', why}]};
	}

	const found = await orUnseen('the registry’s host', async () => ({maintenance: await storage.maintenance({signal})}));
	return 'unseen' in found ? {...nothing, ...found} : {...assessMaintenance(found.maintenance), ...found};
}
