import {hashFiles} from './blobs/hash-blobs.ts';
import {hashGroups} from './blobs/hash-groups.ts';
import {printBlobs} from './blobs/read-blob.ts';
import {sendPieces} from './blobs/stream-blob.ts';
import {addNote, readNote} from './host/applied-plans.ts';
import {listAside, moveAside, putBack} from './host/aside.ts';
import {findStoreFolders} from './host/find-stores.ts';
import {printIdentity} from './host/identify-store.ts';
import {printStoreAlone} from './host/print-store.ts';
import {printSample} from './host/sample-store.ts';
import {printUnreadable} from './host/survey-store.ts';
import {readFiles} from './listing/read-files.ts';
import {listTree} from './listing/tree-output.ts';
import {holdLock} from './lock.ts';
import {recheckMany, recheckSome} from './recheck.ts';
import {readTagLinks} from './tag-links.ts';

/**
 * Every script that is about a store, whose root is the first line of its input. They are constant: what varies comes on standard
 * input. `byLine`: it reads each line by itself, and some wait for the next; the others have their input read by xargs and the like.
 */
export const storeScripts: readonly {script: string; byLine: boolean}[] = [
	...[
		listTree,
		readFiles,
		recheckSome,
		recheckMany,
		readTagLinks,
		printSample,
		printUnreadable,
		printIdentity,
		printStoreAlone,
		findStoreFolders,
		hashFiles,
		hashGroups,
	].map(script => ({script, byLine: false})),
	...[printBlobs, sendPieces, holdLock, readNote, addNote, moveAside, putBack, listAside].map(script => ({
		script,
		byLine: true,
	})),
];
