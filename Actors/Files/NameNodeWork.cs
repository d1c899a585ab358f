using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Actors.Files;

/// <summary>What a name node has done in the block store. Every step may be done again.</summary>
internal sealed class NameNodeWork(FileSystemName name, SharedStore store, TimeSpan fenceDuration)
{
    private const string OwnerKey = "mooring.filesystem";

    /// <summary>The images' names must be free, in a pool that there is.</summary>
    public Task LookAsync(FileSystemPlanned plan) => store.UseAsync(async s =>
    {
        foreach (var area in plan.Areas)
        {
            if (await s.FindAsync(area.Image, CancellationToken.None).ConfigureAwait(false) is not null)
                throw new BlockStoreException(ErrorKind.AlreadyExists, $"{area.Image} is in use by something else", 17);
        }
        return true;
    });

    /// <summary>Makes and formats the images. The intent is in the journal: an image under a reserved name that was free before it is its own.</summary>
    public Task MakeAsync(FileSystemPlanned plan, IEntropy entropy) => store.UseAsync(async s =>
    {
        foreach (var area in plan.Areas)
        {
            try
            {
                await s.CreateSharedAsync(area.Image, plan.SizeBytes, CancellationToken.None).ConfigureAwait(false);
            }
            catch (BlockStoreException e) when (e.Kind == ErrorKind.AlreadyExists)
            {
                // An earlier attempt of the same plan; nothing can have been written to it before all images were made.
            }
            await s.SetMetadataAsync(area.Image, OwnerKey, $"{name}/{plan.RequestId}", CancellationToken.None).ConfigureAwait(false);
            await using var image = await s.OpenAsync(area.Image, readOnly: false, CancellationToken.None).ConfigureAwait(false);
            await Area.FormatAsync(image, new AreaFormatOptions { AreaId = new Guid(entropy.Bytes(16)) }, CancellationToken.None).ConfigureAwait(false);
        }
        await FileRecords.EnterAsync(s, new ListedFileSystem(name, plan.Pool), CancellationToken.None).ConfigureAwait(false);
        return true;
    });

    /// <summary>
    /// Raises the area's epoch and shuts earlier writers out; both stand when this completes. Beside each other, because the second takes up to a
    /// second on Ceph.
    /// </summary>
    public Task AdmitAsync(AreaState area) => store.UseAsync(async s =>
    {
        var fences = area.ToFence.Select(f => s.FenceAsync(f, fenceDuration, CancellationToken.None)).ToList();
        var right = new AreaRight(area.Epoch, area.Writer!.Value, area.Connection!.Value);
        await Task.WhenAll([.. fences, FileRecords.RaiseAsync(s, new AreaId(name, area.Number), right, CancellationToken.None)]).ConfigureAwait(false);
        return true;
    });

    /// <summary>Shuts all writers out and removes images and records.</summary>
    public Task RemoveAsync(NameNodeState state) => store.UseAsync(async s =>
    {
        foreach (var area in state.Areas.Values)
        {
            foreach (var connection in area.Connection is { } last ? area.ToFence.Add(last) : area.ToFence)
                await s.FenceAsync(connection, fenceDuration, CancellationToken.None).ConfigureAwait(false);
            try
            {
                await s.RemoveAsync(area.Image, null, CancellationToken.None).ConfigureAwait(false);
            }
            catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
            {
                // An earlier attempt removed it.
            }
            await FileRecords.ForgetAsync(s, new AreaId(name, area.Number), CancellationToken.None).ConfigureAwait(false);
        }
        await FileRecords.LeaveAsync(s, name, CancellationToken.None).ConfigureAwait(false);
        return true;
    });

    /// <summary>An exception as a value.</summary>
    public static OperationError ErrorOf(Exception e) => e.GetBaseException() switch
    {
        BlockStoreException store => store.Error,
        OperationCanceledException => new OperationError(ErrorKind.Unavailable, "it was stopped"),
        var other => new OperationError(ErrorKind.Internal, $"{other.GetType().Name}: {other.Message}"),
    };
}
