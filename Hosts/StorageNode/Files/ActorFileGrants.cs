using Akka.Actor;
using Mooring.Actors;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.StorageNode.Http;

namespace Mooring.StorageNode.Files;

/// <summary>Asks the name node straight through the cluster: for the HTTP interface of this node, which is a client of files like any other.</summary>
internal sealed class ActorFileGrants(FileSystemName name, Func<MooringCluster> mooring, TimeSpan timeout) : IFileGrants
{
    public string FileSystem => name.Value;

    public async Task<FileSystemShape> DescribeAsync(CancellationToken cancellationToken) =>
        await AskAsync(new GetFileSystem(name), cancellationToken) is FileSystemFound found ? Shapes.Of(found.Info) : throw new IOException("the answer was not expected");

    public async Task<GrantShape> RequestAsync(GrantBody body, CancellationToken cancellationToken)
    {
        var failed = body.Failed is { } f ? new AccessFailure(new NodeName(f.Node), new Epoch(f.Epoch), f.Problem) : null;
        var answer = await AskAsync(new RequestAccess(name, body.Path ?? FilePath.Root, body.Write ?? false, body.WholeArea ?? false, failed), cancellationToken);
        return answer is AccessGranted granted ? Shapes.Of(granted) : throw new IOException("the answer was not expected");
    }

    private async Task<object> AskAsync(object question, CancellationToken cancellationToken)
    {
        var cluster = mooring();
        try
        {
            var answer = await cluster.NameNodes.Ask<object>(question, timeout, cancellationToken);
            return answer is QueryFailed { Error: var e }
                ? throw new MooringException(e)
                : answer;
        }
        catch (AskTimeoutException e)
        {
            throw new IOException($"the name node of {name} does not answer", e);
        }
    }
}
