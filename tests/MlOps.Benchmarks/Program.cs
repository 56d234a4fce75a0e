using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MlOps.Benchmarks;
using MlOps.Content;
using MlOps.Remotes;

// peers: a hello world.
// peers spawn FOLDER N: copies src/sI.txt to out/oI.txt by N processes, as many at once as there are processors.
// peers push ADDRESS FILE…, peers pull ADDRESS STORE DIGEST…: objects to and from a remote; peers copy FROM TO: a file over the loopback, by sockets.
// peers train FOLDER FEATURES THREADS: fits boosted trees to the rows of train.py; prints CPU ms, wall ms, AUC, MiB above the data.
// peers csv-write FILE BYTES, peers csv-ours|csv-hand|csv-helper FILE: for csv.sh; they print peak MiB, fields and sum.
// peers members N: fingerprints a program of N methods; prints CPU seconds of the second time and of the first, members, digest: for code.sh.
// peers image HOME FLAVOUR FOLDER NAME FILE: for image.sh; prints the compressed bytes of each layer.
// The others but spawn print the milliseconds they took, without the start of the process.
const int BlockBytes = 1 << 20;
var clock = Stopwatch.StartNew();
switch (args)
{
    case ["spawn", var folder, var count]:
        Spawn(folder, int.Parse(count, CultureInfo.InvariantCulture));
        return;
    case ["train", var folder, var features, var threads]:
        Console.WriteLine(Training.Run(folder, int.Parse(features, CultureInfo.InvariantCulture), int.Parse(threads, CultureInfo.InvariantCulture)));
        return;
    case ["push", var address, .. var files]:
        await using (var remote = Remotes.Open(new(address), "/"))
        {
            foreach (var file in files)
            {
                var digest = FileIdentity.OfFile(file).Sha256;
                await remote.StoreAsync(digest, file, null, default);
                await Console.Error.WriteLineAsync(digest.Hex);
            }
        }

        break;
    case ["pull", var address, var store, .. var digests]:
        await using (var cache = new RemoteCache(new(store), [new(Remotes.Open(new(address), "/"))]))
        {
            var missing = await cache.FetchAsync([.. digests.Select(digest => new ContentRef(Digest.Parse(digest), false))], default);
            if (missing.Count > 0)
            {
                throw new InvalidOperationException("not all objects are there");
            }
        }

        break;
    case ["image", var home, var flavour, var folder, var name, var file]:
        Console.WriteLine(await Images.WriteAsync(home, Enum.Parse<MlOps.Packaging.Images.ServiceFlavour>(flavour), folder, name, file));
        return;
    case ["members", var members]:
        Console.WriteLine(await CodeMembers.RunAsync(int.Parse(members, CultureInfo.InvariantCulture)));
        return;
    case ["csv-write", var file, var bytes]:
        CsvPeers.Write(file, long.Parse(bytes, CultureInfo.InvariantCulture));
        return;
    case ["csv-ours", var file]:
        CsvPeers.Ours(file);
        return;
    case ["csv-hand", var file]:
        CsvPeers.Hand(file);
        return;
    case ["csv-helper", var file]:
        CsvPeers.Helper(file);
        return;
    case ["copy", var from, var to]:
        await CopyAsync(from, to);
        break;
    default:
        Console.WriteLine("hello");
        return;
}

Console.WriteLine(clock.ElapsedMilliseconds);

static void Spawn(string folder, int count)
{
    Directory.CreateDirectory(Path.Combine(folder, "out"));
    Parallel.ForEach(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, step =>
    {
        using var process = Process.Start(new ProcessStartInfo("cp", [$"src/s{step}.txt", $"out/o{step}.txt"]) { WorkingDirectory = folder })!;
        process.WaitForExit();
    });
}

static async Task CopyAsync(string from, string to)
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    var sending = Task.Run(async () =>
    {
        using var socket = await listener.AcceptSocketAsync();
        await socket.SendFileAsync(from);
    });
    using var client = new TcpClient();
    await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
    using var file = File.OpenHandle(to, FileMode.Create, FileAccess.Write);
    var block = new byte[BlockBytes];
    var at = 0L;
    for (int read; (read = await client.Client.ReceiveAsync(block)) > 0; at += read)
    {
        RandomAccess.Write(file, block.AsSpan(0, read), at);
    }

    await sending;
}
