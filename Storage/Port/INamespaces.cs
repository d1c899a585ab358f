using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>The namespaces of pools.</summary>
public interface INamespaces
{
    /// <summary>Makes a namespace; completes one that another connection, which is fenced by now, has left half made.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it stands.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (pool); <see cref="ErrorKind.AlreadyExists"/>.</exception>
    Task CreateNamespaceAsync(string pool, string ns, CancellationToken cancellationToken);

    /// <summary>Removes an empty namespace.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is gone.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (pool, namespace); <see cref="ErrorKind.Busy"/> while there are images in
    /// it, or in its trash.</exception>
    Task RemoveNamespaceAsync(string pool, string ns, CancellationToken cancellationToken);

    /// <summary>The namespaces of a pool, page by page.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="after">The page begins after this name; null begins at the start.</param>
    /// <param name="limit">At most so many, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Names in the order of their UTF-8 bytes; fewer than <paramref name="limit"/> at the end.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (pool).</exception>
    Task<IReadOnlyList<string>> ListNamespacesAsync(string pool, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Whether a namespace is there.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>True when it is.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (pool).</exception>
    Task<bool> HasNamespaceAsync(string pool, string ns, CancellationToken cancellationToken);
}
