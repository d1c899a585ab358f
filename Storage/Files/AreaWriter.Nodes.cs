using Mooring.Messages;
using Content = Mooring.Storage.Files.AreaDecisions.Content;

namespace Mooring.Storage.Files;

/// <content>
/// The operations of a mount, by id. Each is atomic, and durable when it completes; with a <see cref="RequestPart"/> it changes the area once, however
/// often it is sent. All fail as <see cref="WriteFileAsync"/> does, and with <see cref="ErrorKind.NotFound"/> when what has the id is gone.
/// </content>
public sealed partial class AreaWriter
{
    /// <summary>Makes a file or directory.</summary>
    /// <param name="parent">The directory to make it in.</param>
    /// <param name="name">Its name.</param>
    /// <param name="node">What it is.</param>
    /// <param name="at">When.</param>
    /// <param name="request">The part of a client's request that this is.</param>
    /// <param name="cancellationToken">Gives up waiting as long as nothing is written to the log.</param>
    /// <returns>Its id.</returns>
    public async Task<long> MakeNodeAsync(long parent, string name, NewNode node, DateTimeOffset at, RequestPart? request, CancellationToken cancellationToken)
    {
        var made = await SubmitAsync(
            AreaDecisions.Once(request, [], batch => AreaNodeDecisions.Make(batch, parent, name, node, at.ToUniversalTime())), cancellationToken).ConfigureAwait(false);
        return made.Entry!.Id;
    }

    /// <summary>Writes a part of a file.</summary>
    /// <param name="id">The file.</param>
    /// <param name="offset">Where; null for its end.</param>
    /// <param name="content">What; unchanged until this completes.</param>
    /// <param name="at">When.</param>
    /// <param name="request">The part of a client's request that this is.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is durable.</returns>
    public Task WriteNodeAsync(long id, long? offset, ReadOnlyMemory<byte> content, DateTimeOffset at, RequestPart? request, CancellationToken cancellationToken)
    {
        if (offset is < 0 or > AreaDecisions.FileBytesMax)
            throw AreaErrors.Invalid($"a file has no offset {offset}");
        return ChangeContentAsync(request, [], content, batch => Write(batch, Content.InBatch(content)), Write, cancellationToken);

        AreaEntry? Write(BatchBuilder batch, Content what)
        {
            AreaNodeDecisions.Write(batch, id, offset, what, at.ToUniversalTime());
            return null;
        }
    }

    /// <summary>Makes a part of a file zeros that take no space.</summary>
    /// <param name="id">The file.</param>
    /// <param name="from">Where it begins.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="grow">Whether the file reaches that far then.</param>
    /// <param name="at">When.</param>
    /// <param name="request">The part of a client's request that this is.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is durable.</returns>
    public Task PunchNodeAsync(long id, long from, long to, bool grow, DateTimeOffset at, RequestPart? request, CancellationToken cancellationToken) =>
        ChangeAsync(request, batch => AreaNodeDecisions.Punch(batch, id, from, to, grow, at.ToUniversalTime()), cancellationToken);

    /// <summary>Lets a file be at least so long.</summary>
    /// <param name="id">The file.</param>
    /// <param name="sizeBytes">How long.</param>
    /// <param name="at">When.</param>
    /// <param name="request">The part of a client's request that this is.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is durable.</returns>
    public Task ExtendNodeAsync(long id, long sizeBytes, DateTimeOffset at, RequestPart? request, CancellationToken cancellationToken) =>
        ChangeAsync(request, batch => AreaNodeDecisions.Extend(batch, id, sizeBytes, at.ToUniversalTime()), cancellationToken);

    /// <summary>Changes size, permissions, owner or times.</summary>
    /// <param name="id">The file or directory.</param>
    /// <param name="change">What.</param>
    /// <param name="at">When.</param>
    /// <param name="request">The part of a client's request that this is.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is durable.</returns>
    public Task SetNodeAsync(long id, NodeChange change, DateTimeOffset at, RequestPart? request, CancellationToken cancellationToken) =>
        ChangeAsync(request, batch => AreaNodeDecisions.Set(batch, id, change, at.ToUniversalTime()), cancellationToken);

    /// <summary>Sets an extended attribute, or removes it.</summary>
    /// <param name="id">The file or directory.</param>
    /// <param name="name">The attribute's name.</param>
    /// <param name="value">Its value; null removes it.</param>
    /// <param name="mode">Whether it may be there.</param>
    /// <param name="otherwise">The attributes of a node that has none yet.</param>
    /// <param name="at">When.</param>
    /// <param name="request">The part of a client's request that this is.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is durable.</returns>
    public Task SetExtendedAsync(
        long id, string name, ReadOnlyMemory<byte>? value, ExtendedMode mode, AreaAttributes otherwise, DateTimeOffset at, RequestPart? request,
        CancellationToken cancellationToken) =>
        ChangeAsync(request, batch => AreaNodeDecisions.SetExtended(batch, id, name, value, mode, otherwise, at.ToUniversalTime()), cancellationToken);

    /// <summary>Removes a name.</summary>
    /// <param name="parent">The directory that it is in.</param>
    /// <param name="name">The name.</param>
    /// <param name="directory">Whether it is to be an empty directory; else a file.</param>
    /// <param name="open">When it is this one, it stays without a name until <see cref="CloseNodeAsync"/>; 0 for none.</param>
    /// <param name="at">When.</param>
    /// <param name="request">The part of a client's request that this is.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is durable.</returns>
    public Task RemoveNodeAsync(long parent, string name, bool directory, long open, DateTimeOffset at, RequestPart? request, CancellationToken cancellationToken) =>
        ChangeAsync(request, batch => AreaNodeDecisions.Remove(batch, parent, name, directory, open, at.ToUniversalTime()), cancellationToken);

    /// <summary>Gives a file or directory another name.</summary>
    /// <param name="move">From where to where.</param>
    /// <param name="at">When.</param>
    /// <param name="request">The part of a client's request that this is.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is durable.</returns>
    public Task MoveNodeAsync(NodeMove move, DateTimeOffset at, RequestPart? request, CancellationToken cancellationToken) =>
        ChangeAsync(request, batch => AreaNodeDecisions.Rename(batch, move, at.ToUniversalTime()), cancellationToken);

    /// <summary>Lets a file go that was removed while it was open; does nothing to any other.</summary>
    /// <param name="id">The file.</param>
    /// <param name="request">The part of a client's request that this is.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is durable.</returns>
    public Task CloseNodeAsync(long id, RequestPart? request, CancellationToken cancellationToken) =>
        ChangeAsync(request, batch => AreaNodeDecisions.Close(batch, id), cancellationToken);

    /// <summary>Reads a range of a file; see <see cref="AreaReader.ReadNodeAsync"/>.</summary>
    /// <param name="id">The file.</param>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="buffer">Filled as far as the file reaches.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The number of bytes.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="AreaReader.ReadNodeAsync"/>.</exception>
    public Task<int> ReadNodeAsync(long id, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => AreaContent.ReadNodeAsync(
        _image, _layout, id, offset, buffer, _options.ReadAttemptsMax, CurrentTree, () => Task.CompletedTask, cancellationToken);

    private Task ChangeAsync(RequestPart? request, Action<BatchBuilder> change, CancellationToken cancellationToken) => SubmitAsync(
        AreaDecisions.Once(request, [], batch =>
        {
            change(batch);
            return null;
        }),
        cancellationToken);
}
