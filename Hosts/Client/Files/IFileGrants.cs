using Mooring.Messages.Http;

namespace Mooring.Client;

/// <summary>Where a client of one file system asks for rights: the name node, by whichever way.</summary>
public interface IFileGrants
{
    /// <summary>The file system.</summary>
    string FileSystem { get; }

    /// <summary>The file system's areas and where they are mounted.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The file system.</returns>
    /// <exception cref="MooringException">There is none.</exception>
    Task<FileSystemShape> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Asks for the rights to an area, and says who did not answer, if somebody did not.</summary>
    /// <param name="body">What is asked for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The rights.</returns>
    /// <exception cref="MooringException">They are refused, or nobody has them now (kind unavailable: ask again).</exception>
    /// <exception cref="IOException">No node answered.</exception>
    Task<GrantShape> RequestAsync(GrantBody body, CancellationToken cancellationToken);
}
