import {X509Certificate} from 'node:crypto';
import {readdirSync, readlinkSync} from 'node:fs';
import path from 'node:path';
import {getCACertificates} from 'node:tls';
import type {MachineFiles} from '../../options.ts';
import {regularText} from './pem.ts';

/**
 * The bundles and folders of the distributions: the first bundle that is there, and every folder.
 * @see Go crypto/x509 root_linux.go and root_unix.go, by which docker, podman and skopeo go
 */
const bundles = [
	'/etc/ssl/certs/ca-certificates.crt',
	'/etc/pki/tls/certs/ca-bundle.crt',
	'/etc/ssl/ca-bundle.pem',
	'/etc/pki/tls/cacert.pem',
	'/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
	'/etc/ssl/cert.pem',
];
const folders = ['/etc/ssl/certs', '/etc/pki/tls/certs'];

/** By what names the files. */
const found = new Map<string, readonly string[]>();

/** As `machineAuthorities`, beside Node's, read once: a probe of a repaired image opens one client after the other. */
export function authoritiesBesideNode(machine: MachineFiles): readonly string[] {
	const {environment, root} = machine;
	const key = JSON.stringify([root, environment.SSL_CERT_FILE, environment.SSL_CERT_DIR]);
	const pems = found.get(key) ?? machineAuthorities(machine, getCACertificates('default'));
	found.set(key, pems);
	return pems;
}

/**
 * The authorities that this machine trusts, as PEM, without those in `known`. SSL_CERT_FILE and SSL_CERT_DIR stand for the
 * distribution's. What cannot be read is left out.
 */
export function machineAuthorities({environment, root = '/'}: MachineFiles, known: readonly string[]): string[] {
	const {SSL_CERT_FILE, SSL_CERT_DIR} = environment;
	const seen = new Set(known.map(bare));
	const pems: string[] = [];
	const add = (text: string) => {
		for (const [pem] of text.matchAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)) {
			const key = bare(pem);
			if (!seen.has(key) && isCertificate(pem)) {
				seen.add(key);
				pems.push(pem);
			}
		}
	};

	for (const file of SSL_CERT_FILE ? [SSL_CERT_FILE] : bundles.map(each => path.join(root, each))) {
		const text = textOf(file);
		if (text !== undefined) {
			add(text);
			break;
		}
	}

	for (const folder of SSL_CERT_DIR ? SSL_CERT_DIR.split(':') : folders.map(each => path.join(root, each))) {
		for (const file of ownFilesOf(folder)) {
			add(textOf(file) ?? '');
		}
	}

	return pems;
}

/** Without the links within the folder: OpenSSL's names for what is there anyway. */
function ownFilesOf(folder: string): string[] {
	try {
		return readdirSync(folder, {withFileTypes: true})
			.map(entry => [entry, path.join(folder, entry.name)] as const)
			.filter(([entry, file]) => !entry.isSymbolicLink() || readlinkSync(file).includes('/'))
			.map(([, file]) => file);
	} catch {
		return [];
	}
}

function textOf(file: string): string | undefined {
	try {
		return regularText(file);
	} catch {
		return undefined;
	}
}

/** One file that is none must not keep the others from being trusted. */
function isCertificate(pem: string): boolean {
	try {
		return new X509Certificate(pem) !== undefined;
	} catch {
		return false;
	}
}

function bare(pem: string): string {
	return pem.replace(/\s/g, '');
}
