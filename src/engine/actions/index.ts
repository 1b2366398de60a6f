import type {Action} from './action.ts';
import {builderBuild} from './builder-build.ts';
import {ciBuild} from './ci-build.ts';
import {ciApprove, ciCancel} from './ci-control.ts';
import {ciFailed} from './ci-failed.ts';
import {ciRestart} from './ci-restart.ts';
import {commandBuild} from './command-build.ts';
import {followUpOrphans} from './follow-up-orphans.ts';
import {registryAudit} from './registry-audit.ts';
import {registryBypass} from './registry-bypass.ts';
import {registryCopyBack} from './registry-copy-back.ts';
import {registryRefetch} from './registry-refetch.ts';
import {registryRelink} from './registry-relink.ts';
import {registryRemove} from './registry-remove.ts';
import {registryRepoint} from './registry-repoint.ts';
import {registryRestart} from './registry-restart.ts';
import {registryScope} from './registry-scope.ts';
import {registryVerify} from './registry-verify.ts';
import {registryVerifyAll} from './registry-verify-all.ts';
import {registryVerifyPlanned} from './registry-verify-planned.ts';
import {storageHold} from './storage-hold.ts';
import {storageMoveAside} from './storage-move-aside.ts';
import {storagePutBack} from './storage-put-back.ts';
import {storageScan} from './storage-scan.ts';
import {storageSuspend} from './storage-suspend.ts';

/** Every action that a runbook can name. A new action is a file in this folder and a line here. */
export const actions: readonly Action[] = [
	registryVerify,
	storageScan,
	registryScope,
	registryVerifyPlanned,
	registryVerifyAll,
	registryRestart,
	storageMoveAside,
	storagePutBack,
	registryRelink,
	registryCopyBack,
	registryRepoint,
	registryRemove,
	registryRefetch,
	registryBypass,
	ciBuild,
	builderBuild,
	commandBuild,
	ciFailed,
	ciRestart,
	ciCancel,
	ciApprove,
	storageHold,
	storageSuspend,
	registryAudit,
	followUpOrphans,
];
