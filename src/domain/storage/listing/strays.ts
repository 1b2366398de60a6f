/** Which garbage collection ends at this entry with an error, and removes nothing. */
type StoppedCollection = 'every' | 'with -m';

/**
 * An entry beside the registry's own files usually does no harm; at these a collection stops. Seen on 2.8.2.
 * @param path of an entry that no registry writes, below docker/registry/v2
 * @see distribution v2.8.3 registry/storage: tagstore.go, All; linkedblobstore.go, Enumerate; blobstore.go, Enumerate
 */
export function collectionStoppedBy(path: string): StoppedCollection | undefined {
	if (/\/_manifests\/tags\/[^/]+$/.test(path)) {
		return 'with -m';
	}

	const isRead = /^blobs\/(?:.*\/)?data$/.test(path) || /\/_manifests\/revisions\/(?:.*\/)?link$/.test(path);
	return isRead ? 'every' : undefined;
}
