import type {Digest} from '../../domain/image/digest.ts';
import type {Waiting} from './waiting.ts';

/** What is looked for. `size`: bytes, from a descriptor; absent of a manifest that nothing describes. */
export type SoughtPart = {repository: string; digest: Digest; kind: 'manifest' | 'blob'; size?: number};

/** `setBy`: by when the tag named it, in ISO 8601; a copy that does not keep times makes it later. Absent: it is not told. */
type NamedThere = {digest: Digest; setBy?: string};

/** A place that may still hold bytes that the registry has lost. It is only read. */
export type Source = {
	/** As the configuration calls it. */
	readonly name: string;
	/** `https://mirror.example`, `nas:/volume1/backup/registry` */
	readonly place: string;
	/** Which of these it holds, as far as that is told without reading them. @throws OperatorError source.* | registry.* | ssh.* | storage.* */
	holds(parts: readonly SoughtPart[], waiting: Waiting): Promise<ReadonlySet<Digest>>;
	/** The bytes of a manifest, which match its digest. Undefined: it does not hold them whole. @throws as `holds` */
	manifest(part: SoughtPart, waiting: Waiting): Promise<Uint8Array | undefined>;
	/** Streams the bytes of one blob, each piece until the next is asked for. They are not checked: the caller hashes them. @throws OperatorError source.gone, and as `holds` */
	stream(part: SoughtPart & {size: number}, waiting: Waiting): AsyncIterable<Uint8Array>;
	/** What a tag names there: a witness, no proof. Undefined: it has no such tag, or does not tell. */
	tag(repository: string, tag: string, waiting: Waiting): Promise<NamedThere | undefined>;
	/** Whether it responds, in a sentence without a full stop. @throws OperatorError */
	check(waiting: Waiting): Promise<string>;
	close(): Promise<void>;
};
