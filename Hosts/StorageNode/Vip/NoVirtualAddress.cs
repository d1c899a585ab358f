using Mooring.Actors.Vip;
using Mooring.Messages;

namespace Mooring.StorageNode.Vip;

/// <summary>No virtual IP: clients talk to any node's own address, and each passes changing calls on to the owner.</summary>
internal sealed class NoVirtualAddress(string endpoint) : IVirtualAddress
{
    /// <inheritdoc/>
    public string Endpoint => endpoint;

    /// <inheritdoc/>
    public Task AcquireAsync(Epoch epoch, bool isFirst, Func<Task> isFree, CancellationToken cancellationToken) => isFree();

    /// <inheritdoc/>
    public void Release()
    {
    }
}
