using Mooring.Messages;

namespace Mooring.Storage.Ceph;

/// <content>All bytes of an image.</content>
internal sealed partial class CephStore
{
    public Task<IImageView> OpenViewAsync(VolumeId volume, string? snapshot, CancellationToken cancellationToken) =>
        CephOpenImage.OpenViewAsync(_images, volume, snapshot, cancellationToken);

    public Task<IFilledImage> OpenToFillAsync(VolumeId volume, CancellationToken cancellationToken) =>
        CephOpenImage.OpenToFillAsync(_images, volume, cancellationToken);
}
