import type {RegistryCode, SshCode, StorageCode} from './system-codes.ts';

/**
 * Every code of an `OperatorError`, by what it is about. Codes are stable: they stand in journals and in `--json`, and
 * scripts compare them. Branch on the code, never on the message.
 */
export type ErrorCode =
	| AlertCode
	| AsideCode
	| AuditCode
	| BlobCode
	| BuildCode
	| BuilderCode
	| CheckCode
	| CiCode
	| ConfigurationCode
	| CopyBackCode
	| RefetchCode
	| CredentialsCode
	| DigestCode
	| DocumentCode
	| DrillCode
	| EffectCode
	| ImageCode
	| IncidentCode
	| InventoryCode
	| JournalCode
	| ManifestCode
	| MetricsFileCode
	| PlanCode
	| PushCode
	| ReferenceCode
	| RegistryCode
	| RelinkCode
	| RemoveCode
	| RepointCode
	| RespondCode
	| RestoreCode
	| RunbookCode
	| ScanCode
	| SessionCode
	| SourceCode
	| SshCode
	| StepCode
	| StorageCode
	| UsageCode
	| VerifyCode
	| WorkloadsCode;

/**
 * Why something is not known or did not work, in a journal and in reports: an error's code, or what is no error.
 * `bug`: a write threw something else than an `OperatorError`. `tag-moved`: the tag was pushed during a check.
 */
export type ReasonCode = ErrorCode | 'bug' | 'tag-moved' | 'unknown';

/** Why something is not known or did not work, and what to do about it. */
export type Reason = {code: ReasonCode; message: string; hint: string};

type AlertCode = 'alert.invalid' | 'alert.no-registry' | 'alert.none-firing' | 'alert.several' | 'alert.unreadable';

type AsideCode = 'aside.changed' | 'aside.kept' | 'aside.no-storage';

type AuditCode =
	| 'audit.metrics'
	| 'audit.no-collect'
	| 'audit.no-storage'
	| 'audit.not-a-rehearsal'
	| 'audit.rehearsal-failed'
	| 'audit.where';

type BlobCode = 'blob.wrong-digest';

/** About a build, wherever it runs. */
type BuildCode = 'build.login' | 'build.nothing-to-push' | 'build.platform' | 'build.secret' | 'build.tag-changed';

type BuilderCode = 'builder.bad-order' | 'builder.unconfigured' | 'builder.unusable';

type CheckCode =
	| 'check.build-command'
	| 'check.builder'
	| 'check.dockerfile'
	| 'check.git'
	| 'check.helper'
	| 'check.redis'
	| 'check.restart'
	| 'check.storage';

type CiCode =
	| 'ci.branch-unknown'
	| 'ci.no-push-right'
	| 'ci.not-shown'
	| 'ci.not-woodpecker'
	| 'ci.pipeline-unknown'
	| 'ci.redirected'
	| 'ci.rejected'
	| 'ci.repository-inactive'
	| 'ci.repository-unknown'
	| 'ci.server-error'
	| 'ci.too-many'
	| 'ci.unauthorized'
	| 'ci.unconfigured'
	| 'command.unconfigured'
	| 'ci.unreachable'
	| 'ci.unreadable'
	| 'ci.untrusted';

type ConfigurationCode =
	| 'configuration.invalid'
	| 'configuration.missing'
	| 'configuration.no-registry'
	| 'configuration.unreadable'
	| 'configuration.untrusted';

type CopyBackCode = 'copy-back.impossible';

type RefetchCode = 'refetch.limit';

type CredentialsCode =
	| 'credentials.command'
	| 'credentials.docker'
	| 'credentials.environment'
	| 'credentials.file'
	| 'credentials.file-open'
	| 'credentials.helper'
	| 'credentials.too-long';

type DigestCode = 'digest.malformed';

type DocumentCode = 'document.unwritable';

type DrillCode =
	| 'drill.folder'
	| 'drill.other-scenario'
	| 'drill.port-taken'
	| 'drill.unknown-scenario'
	| 'drill.unwritable';

type EffectCode = 'effect.unknown';

type ImageCode =
	| 'image.absent'
	| 'image.config-unread'
	| 'image.links-unchecked'
	| 'image.platform-unread'
	| 'image.vanished';

type IncidentCode =
	| 'incident.ambiguous'
	| 'incident.closed'
	| 'incident.empty'
	| 'incident.locked'
	| 'incident.none-open'
	| 'incident.open'
	| 'incident.taken-over'
	| 'incident.unknown'
	| 'incident.unreadable';

type InventoryCode =
	| 'inventory.invalid'
	| 'inventory.locked'
	| 'inventory.other-registry'
	| 'inventory.unreadable'
	| 'inventory.unwritable';

type JournalCode =
	| 'journal.broken'
	| 'journal.closed'
	| 'journal.empty'
	| 'journal.foreign'
	| 'journal.full'
	| 'journal.missing'
	| 'journal.unwritable';

type ManifestCode =
	| 'manifest.names-nothing'
	| 'manifest.schema1'
	| 'manifest.ambiguous'
	| 'manifest.unsupported-digest'
	| 'manifest.wrong-digest';

type MetricsFileCode = 'metrics-file.unwritable';

type PlanCode =
	| 'plan.applied-elsewhere'
	| 'plan.exists'
	| 'plan.expired'
	| 'plan.invalid'
	| 'plan.needs-registry'
	| 'plan.other-approval'
	| 'plan.other-store'
	| 'plan.remedy'
	| 'plan.unapproved'
	| 'plan.unreadable'
	| 'plan.unwritable'
	| 'plan.valid';

type PushCode = 'push.failed' | 'push.rejected' | 'push.unauthorized';

type ReferenceCode = 'reference.malformed';

type RelinkCode = 'relink.gone' | 'relink.nothing';

type RemoveCode = 'remove.child' | 'remove.disabled' | 'remove.nothing' | 'remove.unread';

type RepointCode = 'repoint.elsewhere' | 'repoint.not-intact';

type RespondCode = 'respond.no-image';

type RestoreCode = 'restore.nothing';

type RunbookCode =
	| 'runbook.invalid'
	| 'runbook.missing'
	| 'runbook.unrouted'
	| 'runbook.value-invalid'
	| 'runbook.value-missing';

type ScanCode = 'scan.compare' | 'scan.no-storage' | 'scan.where';

type SessionCode = 'session.closed' | 'session.refused';

/** About a place that may still hold lost bytes. */
type SourceCode = 'source.gone' | 'source.unreadable';

type StepCode = 'step.timeout';

type UsageCode =
	| 'usage.invalid'
	| 'usage.metrics-file'
	| 'usage.password'
	| 'usage.push-job'
	| 'usage.platform'
	| 'usage.push-url'
	| 'usage.registry'
	| 'usage.repositories'
	| 'usage.shard'
	| 'usage.two-documents'
	| 'usage.which-registry';

type VerifyCode = 'verify.depth' | 'verify.hash-on-host';

/** About which images are used. */
type WorkloadsCode =
	| 'workloads.no-program'
	| 'workloads.unconfigured'
	| 'workloads.unreachable'
	| 'workloads.unreadable';
