using Mooring.Messages.Http;
using Mooring.Messages.Wire;

namespace Mooring.Client;

/// <content>What a mount asks: files and directories by their ids, area by area.</content>
public sealed partial class FileSystemClient
{
    /// <summary>The areas and where they are mounted; they never change.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The areas.</returns>
    /// <exception cref="MooringException">There is no such file system.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public async Task<IReadOnlyList<AreaShape>> AreasAsync(CancellationToken cancellationToken = default) => (await DescribeAsync(cancellationToken).ConfigureAwait(false)).Areas;

    /// <summary>Does one operation of a mount. One that changes something is sent until it is answered, under one id: it happens once.</summary>
    /// <param name="area">The area.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="cancellationToken">Gives up; a change may still happen.</param>
    /// <returns>Its result, the errors that the file system itself gives included.</returns>
    /// <exception cref="MooringException">It was refused.</exception>
    /// <exception cref="MooringUnreachableException">No result within the time limit.</exception>
    public async Task<NodeResult> OperateAsync(AreaShape area, NodeOperation operation, CancellationToken cancellationToken = default)
    {
        var (id, sent) = (Guid.NewGuid(), 0);
        return await WithMemberAsync(area, operation.Changes, null, async (grant, member, channel) =>
        {
            var request = operation.Changes
                ? new NodeRequest(grant.WriteToken!, Readers(grant), operation, new RequestAttempt(id, ++sent))
                : new NodeRequest(grant.ReadTokens[member.Node], [], operation);
            await channel.Frames.WriteAsync(FrameKind.NodeOperation, request.Write, operation.Content, cancellationToken).ConfigureAwait(false);
            var answer = await channel.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (answer.Kind != FrameKind.NodeResult)
                throw new WireException($"an answer of kind {(byte)answer.Kind} was not expected");
            var result = NodeResult.Read(answer.Payload);
            // What concerns the node and not the operation is for the loop around this.
            if (result.Error is { } error && new MooringException(error) is var failure && IsPassing(failure))
                throw failure;
            // The frame's buffer is the connection's.
            return result.Content.IsEmpty ? result : result with { Content = result.Content.ToArray() };
        }, cancellationToken).ConfigureAwait(false);
    }
}
