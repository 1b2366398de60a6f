import {readdirSync} from 'node:fs';
import {homedir} from 'node:os';
import path from 'node:path';
import {OperatorError} from '../../../../domain/errors.ts';
import type {MachineFiles} from '../../options.ts';
import {holdsCertificate, regularText, whyUnread} from './pem.ts';

type HostCertificates = {
	/** Of authorities that are trusted for this host, too. */
	authorities: {file: string; pem: string}[];
	/** The client certificate of the first folder that has one. */
	client?: {certFile: string; keyFile: string};
	/** Folders and files that are there and cannot be read: `/etc/docker/certs.d/registry.example: EACCES` */
	unread: string[];
};

/**
 * What docker's and podman's `certs.d/HOST[:PORT]` folders hold for a host: `*.crt` of authorities, `NAME.cert` with `NAME.key` to
 * present. They read one folder each; here every folder counts, since either of them may be the one that works on this machine.
 * @see docs.docker.com/engine/security/certificates; containers-certs.d(5)
 * @throws OperatorError registry.client-certificate
 */
export function hostCertificates(host: string, machine: MachineFiles): HostCertificates {
	const authorities: HostCertificates['authorities'] = [];
	const unread: string[] = [];
	let client: HostCertificates['client'];

	for (const folder of hostFolders(host, machine)) {
		let names: string[] = [];
		try {
			names = readdirSync(folder).sort();
		} catch (error) {
			note(folder, error);
		}

		for (const name of names.filter(each => each.endsWith('.crt'))) {
			const file = path.join(folder, name);
			try {
				const pem = regularText(file);
				if (holdsCertificate(pem)) {
					authorities.push({file, pem});
				} else {
					unread.push(`${file}: it holds no PEM certificate`);
				}
			} catch (error) {
				note(file, error);
			}
		}

		const certificate = names.find(each => each.endsWith('.cert'));
		client ??= certificate === undefined ? undefined : pairOf(path.join(folder, certificate), names);
	}

	return {authorities, unread, ...(client && {client})};

	function note(file: string, error: unknown): void {
		const why = whyUnread(error);
		if (why !== 'ENOENT' && why !== 'ENOTDIR') {
			unread.push(`${file}: ${why}`);
		}
	}
}

/** `/etc/docker/certs.d/registry.example:5050` and its like. */
export function hostFolders(host: string, {environment, root = '/'}: MachineFiles): string[] {
	const home = environment.HOME || homedir();
	return [
		path.join(home, '.config/containers'),
		path.join(root, 'etc/containers'),
		// Of docker without root.
		path.join(home, '.config/docker'),
		path.join(root, 'etc/docker'),
	].map(folder => path.join(folder, 'certs.d', host));
}

function pairOf(certFile: string, names: readonly string[]): {certFile: string; keyFile: string} {
	const keyFile = certFile.replace(/cert$/, 'key');
	if (!names.includes(path.basename(keyFile))) {
		throw new OperatorError('registry.client-certificate', `${certFile} has no key beside it: ${keyFile} is missing.`, {
			hint: 'Put the key there, or name the authority’s certificate *.crt: *.cert is a client certificate.',
			exit: 'configuration',
		});
	}

	return {certFile, keyFile};
}
