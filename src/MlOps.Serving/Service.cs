using System.Net;
using MlOps.Serving.Http;
using MlOps.Serving.Models;
using MlOps.Serving.Protocol;
using MlOps.Serving.Rows;

namespace MlOps.Serving;

/// <summary>The web application: Kestrel, the endpoints, and how it ends.</summary>
internal static class Service
{
    /// <summary>The largest request body, in bytes.</summary>
    private const long BodyLimit = 16 << 20;

    public static WebApplication Build(ServiceConfig config, ModelCatalog catalog)
    {
        // Empty: no settings from files, whose watching costs start-up, nor from variables, which container images set for services of their own.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });
        builder.Services.AddRoutingCore();
        builder.Logging.SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            // The host logs a failure to start with a stack trace; Program says it in the user's words.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical)
            .AddSimpleConsole(console =>
                (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", true));
        builder.Services.AddSingleton<Drain>().AddSingleton<Responder>().AddHostedService<DrainOnStop>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = config.Grace);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyLimit;
            Listen(kestrel, config.Url);
        });
        DrainableListeners.Decorate(builder.Services);

        var app = builder.Build();
        var drain = app.Services.GetRequiredService<Drain>();
        var responder = app.Services.GetRequiredService<Responder>();
        app.Use(new Guard(drain, responder, app.Logger).InvokeAsync);
        app.UseRouting();
        new ModelEndpoints(catalog, drain, responder).Map(app);
        new InferEndpoint(catalog, responder).Map(app);
        new ScoreEndpoint(catalog, responder).Map(app);
        app.Lifetime.ApplicationStarted.Register(() =>
            Log.Listening(app.Logger, string.Join(' ', app.Urls), string.Join(' ', catalog.Models.Select(model => model.Name))));
        return app;
    }

    private static void Listen(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel, Uri url)
    {
        var isNumber = IPAddress.TryParse(url.Host.Trim('[', ']'), out var address);
        if (isNumber && (address!.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
        {
            kestrel.ListenAnyIP(url.Port, Count);
        }
        else if (isNumber)
        {
            kestrel.Listen(address!, url.Port, Count);
        }
        else
        {
            kestrel.ListenLocalhost(url.Port, Count);
        }

        static void Count(Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions listen) => listen.Use(next =>
        {
            var drain = listen.ApplicationServices.GetRequiredService<Drain>();
            return async connection =>
            {
                drain.ConnectionOpened();
                try
                {
                    await next(connection);
                }
                finally
                {
                    drain.ConnectionClosed();
                }
            };
        });
    }
}
